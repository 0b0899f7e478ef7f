/** Why a page was not read, as a closed list for the log and for tests. */

export type SkipReason =
  /** The address is not http(s), or its address or port is not permitted. */
  | 'address'
  | 'robots'
  | 'timeout'
  | 'redirects'
  | 'status'
  | 'content-type'
  | 'too-large'
  /** The content encoding is unknown or broken, or the page is a compression bomb. */
  | 'encoding'
  /** The page has no text, or none that could be extracted within the limits. */
  | 'unreadable'
  /** Too many files of the organization wait to be parsed. */
  | 'busy'
  | 'network';

export class PageSkippedError extends Error {
  override readonly name = 'PageSkippedError';
  readonly reason: SkipReason;

  constructor(reason: SkipReason, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.reason = reason;
  }
}
