/** Who may call the routes of the chats dialect: `EventSource` and requests without a credential are served too. */

const admits = ['access-token', 'anonymous'] as const;

export const reading = { method: 'GET', access: 'conversation', admits } as const;
export const writing = { access: 'writer', admits } as const;
