/** The last frame of every stream of `/v1`. */
export const doneFrame = 'data: [DONE]\n';
