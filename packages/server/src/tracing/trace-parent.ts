/** The header `traceparent` of W3C Trace Context: https://www.w3.org/TR/trace-context/#traceparent-header */
import type { RemoteParent } from './tracing.ts';

const format = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;

/** Undefined for what is no such header: a request without a good one begins a trace of its own. */
export function parseTraceParent(header: string | readonly string[] | undefined): RemoteParent | undefined {
  if (typeof header !== 'string') return undefined;
  const [, version, traceId = '', spanId = '', more] = format.exec(header) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  return /[^0]/.test(traceId) && /[^0]/.test(spanId) ? { traceId, spanId } : undefined;
}
