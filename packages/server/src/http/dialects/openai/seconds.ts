/** Times of `/v1` are whole seconds since 1970. */
export function toSeconds(epochMs: number): number {
  return Math.floor(epochMs / 1000);
}
