/** A connection that failed at the proxy, not at its destination. */

export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly code = 'ERR_PROXY';
  /** What the proxy did, as text that completes "the proxy …"; it names neither the proxy nor the destination. */
  readonly reason: string;
  /** `lasting`: it would fail alike the next time. */
  readonly kind: 'passing' | 'lasting' | 'timeout';

  /** The message names the proxy by its `origin`, which has no credentials. */
  constructor(origin: string, reason: string, kind: ProxyError['kind'], options?: ErrorOptions) {
    super(`the proxy ${origin} ${reason}`, options);
    this.reason = reason;
    this.kind = kind;
  }
}
