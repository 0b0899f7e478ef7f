/**
 * `colloquy doctor <url>`: finds out what proxies between this machine and a Colloquy server do to event streams.
 * Exit code 0: streams work; 1: something must change; 2: no server was reached.
 */
import { buffering, type Finding, firstByte, headers, lifetime, resuming, silence } from './findings.ts';
import { type Probe, type ProbeRequest, probeStream } from './probe-stream.ts';

export interface DoctorOptions {
  readonly url: URL;
  /** The length of the silence that is tried, at most 115. */
  readonly silenceSeconds: number;
  readonly write: (text: string) => void;
}

const intervalMs = 300;
const count = 8;
/** Time limit for an answer, longer than a slow network needs. */
const patienceMs = 15_000;

export async function examine(options: DoctorOptions): Promise<number> {
  const { url, silenceSeconds, write } = options;
  let evenly: Probe;
  try {
    evenly = await probeStream(url, { count, intervalMs, timeoutMs: count * intervalMs + patienceMs });
  } catch (error) {
    write(`${url.href}: ${error instanceof Error ? error.message || String(error) : String(error)}\n`);
    return 2;
  }
  if (evenly.status !== 200 || evenly.arrivals.length === 0) {
    // A compressed stream can't be read here, but its compression is the finding.
    const finding = evenly.headers['content-encoding'] === undefined ? undefined : headers(evenly);
    if (finding === undefined || evenly.status !== 200) {
      write(
        `${url.href} answers ${evenly.status}, and not as a Colloquy server:\n${evenly.body.slice(0, 300)}\n`,
      );
      return 2;
    }
    write(table([finding]));
    return 1;
  }
  write(`Measuring streams from ${url.href} for ${silenceSeconds} s\n\n`);
  const silenceMs = silenceSeconds * 1000;
  const beats = Math.max(2, Math.ceil(silenceSeconds / 10));
  const [[left, resumed], silent, alive] = await Promise.all([
    leaveAndResume(url),
    tryStream(url, { count: 2, intervalMs: silenceMs, timeoutMs: silenceMs + patienceMs }),
    tryStream(url, {
      count: beats,
      intervalMs: Math.floor(silenceMs / beats),
      timeoutMs: silenceMs + patienceMs,
    }),
  ]);
  const findings = [
    firstByte(evenly, intervalMs),
    buffering(evenly),
    headers(evenly),
    resuming(left, resumed),
    silence(silent, silenceSeconds),
    lifetime(alive, silenceSeconds),
  ];
  write(table(findings));
  return findings.some(({ verdict }) => verdict === 'bad') ? 1 : 0;
}

/** The server was reached before, so a missing answer is caused by something between here and there. */
async function tryStream(url: URL, wanted: ProbeRequest): Promise<Probe> {
  const startedAt = performance.now();
  try {
    return await probeStream(url, wanted);
  } catch {
    const endedMs = performance.now() - startedAt;
    return { status: 0, headers: {}, headersMs: endedMs, arrivals: [], end: 'cut', endedMs, body: '' };
  }
}

async function leaveAndResume(url: URL): Promise<[Probe, Probe]> {
  const timeoutMs = count * intervalMs + patienceMs;
  const left = await tryStream(url, { count, intervalMs, leaveAfter: 3, timeoutMs });
  const lastEventId = left.arrivals.at(-1)?.n ?? 0;
  return [left, await tryStream(url, { count, intervalMs, lastEventId, timeoutMs })];
}

function table(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.flatMap(({ name, verdict, measured, advice }) => [
    `${verdict.toUpperCase().padEnd(4)}  ${name.padEnd(width)}  ${measured}`,
    ...(advice === undefined ? [] : [`${' '.repeat(width + 8)}→ ${advice}`]),
  ]);
  return `${lines.join('\n')}\n`;
}
