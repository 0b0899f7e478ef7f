/** What crosses between two servers, and how long it takes; each figure is a list of milliseconds. */
import { type ClientStream, generationOf, openStream } from 'colloquy-testkit/event-stream';
import { administer, type Tenant } from 'colloquy-testkit/tenants';
import { answer, type ScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';

/** Turns are made on the first, everything else happens on the second. */
export interface Pair {
  readonly here: string;
  readonly there: string;
  readonly tenant: Tenant;
  readonly upstream: ScriptedUpstream;
}

interface Pace {
  readonly streams: number;
  /** Tokens a second. */
  readonly rate: number;
  readonly windowMs: number;
}

/** How much later than at the owner each event arrives at a reader on the other server. */
export async function measureEvents(pair: Pair, { streams, rate, windowMs }: Pace): Promise<number[]> {
  const count = Math.ceil((windowMs / 1000) * rate);
  const tokens = Array.from({ length: count }, (_, index) => ` ${index}`);
  pair.upstream.setDefault(() => answer('', { tokens, intervalMs: 1000 / rate }));
  const lags: number[] = [];
  const one = async (): Promise<void> => {
    const own = await ask(pair, pair.tenant.prodKey);
    const at = arrivals(own);
    const url = `${pair.there}/api/generations/${generationOf(own)}/stream`;
    const elsewhere = await openStream({ url, headers: { 'x-api-key': pair.tenant.prodKey } });
    const already = elsewhere.frames.length;
    const later = arrivals(elsewhere);
    await Promise.all([own.closed, elsewhere.closed]);
    if (own.body() !== elsewhere.body()) throw new Error('the readers got different streams');
    // What was there when the reader came is not an event that crosses.
    for (const [id, ms] of [...later].slice(already + 2)) lags.push(ms - (at.get(id) ?? Number.NaN));
  };
  await Promise.all(Array.from({ length: streams }, one));
  return lags;
}

/** From the request on the other server until the owner's stream has ended. */
export async function measureCancel(pair: Pair, count: number): Promise<number[]> {
  return repeat(count, async () => {
    const stream = await endless(pair, pair.tenant.prodKey);
    const startedAt = performance.now();
    const url = `${pair.there}/api/generations/${generationOf(stream)}/cancel`;
    const cancelled = fetch(url, { method: 'POST', headers: { 'x-api-key': pair.tenant.prodKey } });
    await stream.closed;
    const response = await cancelled;
    const { status } = (await response.json()) as { status: string };
    if (status !== 'cancelled') throw new Error(`the cancel was answered ${response.status} ${status}`);
    return performance.now() - startedAt;
  });
}

/** From the request on the other server until the connection has ended that the key holds. */
export async function measureRevocation(pair: Pair, count: number): Promise<number[]> {
  const keys = `/organizations/${pair.tenant.organizationId}/keys`;
  return repeat(count, async () => {
    const body = { name: 'short', type: 'prod', default_persona_id: pair.tenant.personaId };
    const { id, key } = await administer<{ id: string; key: string }>(pair.here, 'POST', keys, body);
    const stream = await endless(pair, key);
    const startedAt = performance.now();
    const revoked = administer(pair.there, 'DELETE', `${keys}/${id}`);
    await stream.closed;
    const ms = performance.now() - startedAt;
    await revoked;
    return ms;
  });
}

async function repeat(count: number, measure: () => Promise<number>): Promise<number[]> {
  const all: number[] = [];
  while (all.length < count) all.push(await measure());
  return all;
}

function ask(pair: Pair, key: string): Promise<ClientStream> {
  const url = `${pair.here}/api/chat/completion/stream`;
  return openStream({ url, headers: { 'x-api-key': key }, body: { message: 'Hello' } });
}

/** A stream on the first server that has begun, and does not end by itself. */
async function endless(pair: Pair, key: string): Promise<ClientStream> {
  pair.upstream.setDefault(() => ({ steps: [{ do: 'tokens', tokens: ['Endless'] }, { do: 'stall' }] }));
  const stream = await ask(pair, key);
  if (!(await stream.until(2))) throw new Error(`no stream: ${stream.status} ${stream.body()}`);
  return stream;
}

function arrivals(stream: ClientStream): Map<string, number> {
  const at = new Map<string, number>();
  for (const { id } of stream.frames) at.set(id, performance.now());
  stream.onFrame(({ id }) => void at.set(id, performance.now()));
  return at;
}
