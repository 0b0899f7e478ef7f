/** Says what the measurements mean, and what to change in the proxy. */
import type { Check, Finding } from '../domain/operations/examination.ts';
import type { Probe } from './probe-stream.ts';

/** The server sends a heartbeat after at most this much silence. */
const heartbeatSeconds = 15;
/** Delays up to this come from the network or a busy machine and do not show buffering. */
const toleranceMs = 150;

const bufferingAdvice =
  'Switch response buffering off for this server: nginx `proxy_buffering off;`, Apache `SetEnv proxy-sendchunked 1` ' +
  'and `flushpackets=on`, Caddy `flush_interval -1`, a CDN: no caching, no transforming for text/event-stream.';

export function firstByte(probe: Probe, intervalMs: number): Finding {
  const first = probe.arrivals[0];
  const measured =
    first === undefined
      ? 'no event came'
      : `headers after ${ms(probe.headersMs)}, the first event after ${ms(first.arrivedMs)}`;
  // The second event is sent one interval after the first, so a first event that arrives with it was held back.
  const isLate = first === undefined || first.arrivedMs - probe.headersMs > intervalMs || isBuffered(probe);
  return {
    name: 'first byte',
    verdict: isLate ? 'bad' : 'ok',
    measured,
    ...(isLate ? { advice: bufferingAdvice } : {}),
  };
}

/** How much longer than the quickest event the middle one and the slowest one took, in milliseconds. */
function delaysOf(probe: Probe): { readonly median: number; readonly worst: number } {
  const delays = probe.arrivals.map(({ arrivedMs, sentMs }) => arrivedMs - sentMs).sort((a, b) => a - b);
  const [quickest = 0] = delays;
  return {
    median: (delays[Math.floor(delays.length / 2)] ?? 0) - quickest,
    worst: (delays.at(-1) ?? 0) - quickest,
  };
}

/** A buffer holds back nearly all events; a machine or network that falters for a moment holds back one or two. */
function isBuffered(probe: Probe): boolean {
  return delaysOf(probe).median > toleranceMs;
}

export function buffering(probe: Probe): Finding {
  const spread = (times: readonly number[]): number => (times.at(-1) ?? 0) - (times[0] ?? 0);
  const { median, worst } = delaysOf(probe);
  const measured =
    `${probe.arrivals.length} events sent over ${ms(spread(probe.arrivals.map(({ sentMs }) => sentMs)))} came over ` +
    `${ms(spread(probe.arrivals.map(({ arrivedMs }) => arrivedMs)))}; half of them held back ${ms(median)} or more, one ${ms(worst)}`;
  if (!isBuffered(probe)) return { name: 'buffering', verdict: 'ok', measured };
  return { name: 'buffering', verdict: 'bad', measured, advice: bufferingAdvice };
}

export function headers(probe: Probe): Finding {
  const { 'content-type': type = 'none', 'content-encoding': encoding } = probe.headers;
  const name = 'headers';
  if (encoding !== undefined && encoding !== 'identity') {
    return {
      name,
      verdict: 'bad',
      measured: `the stream came compressed (${encoding})`,
      advice:
        'Leave text/event-stream out of compression: nginx `gzip_types` without it, Caddy `encode` with a matcher. ' +
        'The server sends `Cache-Control: no-transform`, which a proxy should heed.',
    };
  }
  if (!type.startsWith('text/event-stream')) {
    return {
      name,
      verdict: 'bad',
      measured: `the content type came as ${type}`,
      advice: 'Something between changes the content type; EventSource refuses the stream.',
    };
  }
  const cache = probe.headers['cache-control'] ?? '';
  if (!cache.includes('no-transform')) {
    return {
      name,
      verdict: 'note',
      measured: `Cache-Control came as "${cache}"`,
      advice: 'Pass Cache-Control on as it is; proxies behind this one need its no-transform.',
    };
  }
  return { name, verdict: 'ok', measured: 'an event stream, not compressed' };
}

/** The server itself refused the probe, because of too many probes or a shutdown. */
function refused(name: Check, ...probes: readonly Probe[]): Finding | undefined {
  const probe = probes.find(({ status }) => status === 503 || (status >= 400 && status < 500));
  if (probe === undefined) return undefined;
  const advice = 'Try again in a moment; the server serves only a few probes at once.';
  return { name, verdict: 'note', measured: `not measured: the answer was ${probe.status}`, advice };
}

export function resuming(left: Probe, resumed: Probe): Finding {
  const name = 'resume';
  const unmeasured = refused(name, left, resumed);
  if (unmeasured !== undefined) return unmeasured;
  const last = left.arrivals.at(-1)?.n ?? 0;
  const first = resumed.arrivals[0]?.n;
  if (first === last + 1)
    return { name, verdict: 'ok', measured: `left after event ${last}, went on with ${first}` };
  return {
    name,
    verdict: 'bad',
    measured: `left after event ${last}, went on with ${first ?? 'nothing'}`,
    advice: 'Pass the request header Last-Event-ID on to the server, and cache no event stream.',
  };
}

export function silence(probe: Probe, seconds: number): Finding {
  const name = 'silence';
  const unmeasured = refused(name, probe);
  if (unmeasured !== undefined) return unmeasured;
  if (probe.end === 'ended') {
    return { name, verdict: 'ok', measured: `${seconds} s of silence were not cut off` };
  }
  const silentMs = probe.endedMs - (probe.arrivals.at(-1)?.arrivedMs ?? 0);
  const measured = `silence is cut off after ${Math.round(silentMs / 100) / 10} s`;
  if (silentMs > heartbeatSeconds * 1000 + 1000) {
    return { name, verdict: 'ok', measured: `${measured}; the server breaks it every ${heartbeatSeconds} s` };
  }
  return {
    name,
    verdict: 'bad',
    measured,
    advice: `Let silence last longer than the ${heartbeatSeconds} s between heartbeats: nginx \`proxy_read_timeout 1h;\`, HAProxy \`timeout tunnel\`, a load balancer's idle timeout.`,
  };
}

export function lifetime(probe: Probe, seconds: number): Finding {
  const name = 'lifetime';
  const unmeasured = refused(name, probe);
  if (unmeasured !== undefined) return unmeasured;
  if (probe.end === 'ended') {
    return { name, verdict: 'ok', measured: `a stream with heartbeats lived ${seconds} s` };
  }
  return {
    name,
    verdict: 'note',
    measured: `a stream with heartbeats was cut off after ${Math.round(probe.endedMs / 1000)} s`,
    advice: 'Clients resume, so nothing is lost; a longer limit on the whole response saves the reconnects.',
  };
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
