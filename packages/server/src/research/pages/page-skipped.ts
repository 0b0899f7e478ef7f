/** Why a page was not read: a closed list, for the log and for tests. */

export type SkipReason =
  /** Not http(s), or an address or port that is not permitted. */
  | 'address'
  | 'robots'
  | 'timeout'
  | 'redirects'
  | 'status'
  | 'content-type'
  | 'too-large'
  /** A content encoding that is not known, broken, or a compression bomb. */
  | 'encoding'
  /** No text in it, or none that could be got out within the limits. */
  | 'unreadable'
  | 'network';

export class PageSkippedError extends Error {
  override readonly name = 'PageSkippedError';
  readonly reason: SkipReason;

  constructor(reason: SkipReason, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}
