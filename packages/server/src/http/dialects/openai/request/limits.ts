/** Bounds of the requests under `/v1`. */

/** The largest body of a request to a model, in bytes. */
export const openAiBodyLimit = 10 * 1024 * 1024;
