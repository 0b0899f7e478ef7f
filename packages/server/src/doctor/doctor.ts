/**
 * `colloquy doctor <url>`: finds out what proxies between this machine and a Colloquy server do to event streams.
 * Exit code 0: streams work; 1: something must change; 2: no server was reached.
 */

import type { Examination, Finding } from '../domain/operations/examination.ts';
import { createOutsideAgent } from '../network/outside-agent.ts';
import { destinationOf, type Proxies } from '../network/proxies.ts';
import { buffering, firstByte, headers, lifetime, resuming, silence } from './findings.ts';
import { type Connections, type Probe, type ProbeRequest, probeStream } from './probe-stream.ts';

export interface ExamineOptions {
  readonly url: URL;
  /** The length of the silence that is tried, at most 115. */
  readonly silenceSeconds: number;
  /** The proxies of the environment, through which the server's own connections go; undefined: there is none. */
  readonly proxies?: Proxies | undefined;
  /** Called once a Colloquy server has answered, before what takes long. */
  readonly onReached?: (reached: Pick<Examination, 'address'>) => void;
}

const intervalMs = 300;
const count = 8;
/** Time limit for an answer, longer than a slow network needs. */
const patienceMs = 15_000;

/** Examines, and writes what it finds, for people. Gives the exit code. */
export async function report(
  options: Omit<ExamineOptions, 'onReached'> & { readonly write: (text: string) => void },
): Promise<number> {
  const { write, ...wanted } = options;
  write(`${routeTo(wanted.url, wanted.proxies)}\n`);
  const onReached = ({ address }: Pick<Examination, 'address'>): void =>
    write(`Measuring streams from ${address} for ${wanted.silenceSeconds} s\n\n`);
  const { address, problem, body = '', findings } = await examine({ ...wanted, onReached });
  if (problem !== undefined) {
    write(`${address}: ${problem}${body === '' ? '' : `:\n${body}`}\n`);
    return 2;
  }
  write(table(findings));
  return findings.some(({ verdict }) => verdict === 'bad') ? 1 : 0;
}

interface Examined extends Examination {
  /** How an answer begins that is not a Colloquy server's. */
  readonly body?: string;
}

export async function examine(options: ExamineOptions): Promise<Examined> {
  const connections = createOutsideAgent({ connectMs: patienceMs, proxies: options.proxies });
  const { url, proxies } = options;
  try {
    return {
      address: shownAddress(url),
      route: routeTo(url, proxies),
      ...(await measure(connections, options)),
    };
  } finally {
    await connections.destroy();
  }
}

async function measure(
  connections: Connections,
  { url, silenceSeconds, onReached }: ExamineOptions,
): Promise<Pick<Examined, 'problem' | 'body' | 'findings'>> {
  let evenly: Probe;
  try {
    const wanted = { count, intervalMs, timeoutMs: count * intervalMs + patienceMs };
    evenly = await probeStream(connections, url, wanted);
    // What a machine or network that falters does once, it rarely does twice; a proxy does it each time.
    if (isHeldBack(evenly)) evenly = await probeStream(connections, url, wanted);
  } catch (error) {
    return { problem: error instanceof Error ? error.message || String(error) : String(error), findings: [] };
  }
  if (evenly.status !== 200 || evenly.arrivals.length === 0) {
    // A compressed stream can't be read here, but its compression is the finding.
    const isCompressed = evenly.headers['content-encoding'] !== undefined;
    if (evenly.status === 200 && isCompressed) return { findings: [headers(evenly)] };
    return {
      problem: `it answers ${evenly.status}, and not as a Colloquy server`,
      body: evenly.body.slice(0, 300),
      findings: [],
    };
  }
  onReached?.({ address: shownAddress(url) });
  const silenceMs = silenceSeconds * 1000;
  const beats = Math.max(2, Math.ceil(silenceSeconds / 10));
  const [[left, resumed], silent, alive] = await Promise.all([
    leaveAndResume(connections, url),
    tryStream(connections, url, { count: 2, intervalMs: silenceMs, timeoutMs: silenceMs + patienceMs }),
    tryStream(connections, url, {
      count: beats,
      intervalMs: Math.floor(silenceMs / beats),
      timeoutMs: silenceMs + patienceMs,
    }),
  ]);
  return {
    findings: [
      firstByte(evenly, intervalMs),
      buffering(evenly),
      headers(evenly),
      resuming(left, resumed),
      silence(silent, silenceSeconds),
      lifetime(alive, silenceSeconds),
    ],
  };
}

function isHeldBack(probe: Probe): boolean {
  return [firstByte(probe, intervalMs), buffering(probe)].some(({ verdict }) => verdict === 'bad');
}

/** How this machine reaches the address, in a sentence; proxies are named without credentials. */
function routeTo(url: URL, proxies: Proxies | undefined): string {
  const proxy = proxies?.find(destinationOf(url));
  if (proxy !== undefined) return `Through the proxy ${proxy.origin}, as the environment says.`;
  return proxies === undefined
    ? 'Without a proxy of the environment.'
    : `Without a proxy, as the environment says of ${url.host}. ${proxies.description}`;
}

/** Without credentials. */
function shownAddress(url: URL): string {
  return `${url.origin}${url.pathname}${url.search}`;
}

/** The server was reached before, so a missing answer is caused by something between here and there. */
async function tryStream(connections: Connections, url: URL, wanted: ProbeRequest): Promise<Probe> {
  const startedAt = performance.now();
  try {
    return await probeStream(connections, url, wanted);
  } catch {
    const endedMs = performance.now() - startedAt;
    return { status: 0, headers: {}, headersMs: endedMs, arrivals: [], end: 'cut', endedMs, body: '' };
  }
}

async function leaveAndResume(connections: Connections, url: URL): Promise<[Probe, Probe]> {
  const timeoutMs = count * intervalMs + patienceMs;
  const left = await tryStream(connections, url, { count, intervalMs, leaveAfter: 3, timeoutMs });
  const lastEventId = left.arrivals.at(-1)?.n ?? 0;
  return [left, await tryStream(connections, url, { count, intervalMs, lastEventId, timeoutMs })];
}

function table(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.flatMap(({ name, verdict, measured, advice }) => [
    `${verdict.toUpperCase().padEnd(4)}  ${name.padEnd(width)}  ${measured}`,
    ...(advice === undefined ? [] : [`${' '.repeat(width + 8)}→ ${advice}`]),
  ]);
  return `${lines.join('\n')}\n`;
}
