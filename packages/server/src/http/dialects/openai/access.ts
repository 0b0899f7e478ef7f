/** Who may call the routes of `/v1`. SDKs demand a key, so words like `none` count as none where none is needed. */
const admits = ['anonymous', 'placeholder'] as const;

export const reading = { method: 'GET', access: 'conversation', admits } as const;
export const writing = { access: 'writer', admits } as const;
