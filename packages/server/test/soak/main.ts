/**
 * The hostile soak: `npm run soak -- --minutes 5`. One tenant attacks a server in every way that was once found to hold
 * or end it; another one streams. The delay of the other's tokens is measured in turns, with and without the attacks,
 * and the server's memory and descriptors before and after. The exit code is 1 if a promise was broken.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openStream } from 'colloquy-testkit/event-stream';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { spawnServer } from 'colloquy-testkit/server-process';
import { administer, makeTenant } from 'colloquy-testkit/tenants';
import type { FromHostile, ToHostile } from './hostile.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    streams: { type: 'string', default: '8' },
    store: { type: 'string', default: 'sqlite' },
    /** Only the attacks whose names hold this. */
    only: { type: 'string', default: '' },
    /** A directory for a profile of the server's threads. */
    profile: { type: 'string', default: '' },
  },
});
const { store } = values;
if (store !== 'sqlite' && store !== 'postgres') throw new Error('--store is sqlite or postgres');

const tokensPerSecond = 20;
const tokensOfAnAnswer = 200;
/** A turn without attacks, then one with them. */
const restMs = 20_000;
const attackMs = 40_000;
/** The promise: the 99th percentile with attacks is at most so many times that without. */
const mostTimes = 2;
/** What the server may hold more at the end, after its collections. */
const mostMoreMegabytes = 150;
const mostMoreDescriptors = 20;

/** The good tenant's model: each token is the time at which it was sent. */
const model = createServer((request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  void sendTokens(response);
});
model.listen(0, '127.0.0.1');
await new Promise((resolve) => model.once('listening', resolve));
const modelUrl = `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`;

async function sendTokens(response: ServerResponse): Promise<void> {
  const send = (delta: object, finish: string | null = null): void =>
    void response.write(
      `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
    );
  const startedAt = performance.now();
  for (let sent = 0; sent < tokensOfAnAnswer && !response.destroyed; sent += 1) {
    send({ content: `${performance.now().toFixed(2)} ` });
    await sleep(Math.max(0, startedAt + ((sent + 1) * 1000) / tokensPerSecond - performance.now()));
  }
  send({}, 'stop');
  response.end('data: [DONE]\n\n');
}

const hostile = fork(fileURLToPath(new URL('hostile.ts', import.meta.url)));
const { modelUrl: hostileModelUrl, searchUrl } = await next(hostile, 'ready');
const place = await emptyPlace(store);
const server = await spawnServer(
  serverEnvironment(place, {
    SEARXNG_URL: searchUrl,
    INTERNET_ALLOWED_NETWORKS: '127.0.0.1/32',
    COLLOQUY_TITLES: 'on',
    LOG_LEVEL: 'error',
    ...(values.profile !== '' && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${values.profile}` }),
  }),
);
let end: number | string | undefined;
void server.exited.then((code) => {
  end = code;
});
const good = await makeTenant(server.url, { openAiUrl: modelUrl }, 'good');
await administer(server.url, 'PATCH', `/organizations/${good.organizationId}/settings`, { titles: 'off' });
const bad = await makeTenant(server.url, { openAiUrl: hostileModelUrl }, 'hostile');
const limited = await administer<{ key: string }>(
  server.url,
  'POST',
  `/organizations/${bad.organizationId}/keys`,
  {
    name: 'limited',
    type: 'prod',
    default_persona_id: bad.personaId,
    limits: { requests_per_minute: 1 },
  },
);
say({
  say: 'target',
  target: {
    url: server.url,
    key: bad.prodKey,
    limitedKey: limited.key,
    organizationId: bad.organizationId,
    only: values.only,
  },
});

/** Delays of tokens in milliseconds, without attacks and with them. */
const delays = { rest: [] as number[], attack: [] as number[] };
/** The same during each attack. */
const byAttack = new Map<string, number[]>();
/** The time that a token takes from the model to a reader beside the server: what the machine itself costs. */
const bare = { rest: [] as number[], attack: [] as number[] };
/** Seconds in which the server's main thread ran, and in which it could have but had no processor. */
const processor = { rest: { ran: 0, waited: 0 }, attack: { ran: 0, waited: 0 } };
let current: number[] | undefined;
let phase: keyof typeof delays | undefined;
let isOver = false;
const violations: string[] = [];

/** One answer after the other, as the good tenant reads them. */
async function read(): Promise<void> {
  while (!isOver && end === undefined) {
    try {
      const stream = await openStream({
        url: `${server.url}/api/chat/completion/stream`,
        headers: { 'x-api-key': good.prodKey },
        body: { message: 'Count the time' },
      });
      stream.onFrame(({ data }) => {
        const event = JSON.parse(data) as { type: string; content?: string };
        if (event.type !== 'token' || phase === undefined) return;
        // Tokens that were committed together come in one event: each has its own time.
        for (const sentAt of event.content?.trim().split(' ') ?? []) {
          const delay = performance.now() - Number(sentAt);
          delays[phase].push(delay);
          if (phase === 'attack') current?.push(delay);
        }
      });
      const closed = await stream.closed;
      const last = stream.frames.at(-1)?.data ?? stream.body();
      if (closed !== 'ended' || !last.includes('"done"'))
        violations.push(`an answer ended with ${last.slice(0, 300)}`);
    } catch (error) {
      if (!isOver) violations.push(`the good tenant was not answered: ${String(error)}`);
      await sleep(1000);
    }
  }
}

/** One answer after the other, as the model itself gives it. */
async function readBare(): Promise<void> {
  while (!isOver) {
    const stream = await openStream({ url: modelUrl, body: {} });
    stream.onFrame(({ data }) => {
      const [, sentAt] = /"content":"([\d.]+) "/.exec(data) ?? [];
      if (sentAt !== undefined && phase !== undefined) bare[phase].push(performance.now() - Number(sentAt));
    });
    await stream.closed;
  }
}

hostile.on('message', (message: FromHostile) => {
  if (message.tell !== 'attacking') return;
  current = byAttack.get(message.name) ?? [];
  byAttack.set(message.name, current);
});

const bareReader = readBare();
const readers = Array.from({ length: Number(values.streams) }, async (_, index) => {
  await sleep((index * 1000) / tokensPerSecond / Number(values.streams));
  await read();
});
await sleep(5000);
const rounds = Math.max(1, Math.round((Number(values.minutes) * 60_000) / (restMs + attackMs)));
let made: Readonly<Record<string, number>> = {};
let failures = 0;
const figures: { readonly megabytes: number; readonly descriptors: number }[] = [];
for (let round = 0; round < rounds && end === undefined; round += 1) {
  phase = 'rest';
  await onProcessor(processor.rest, () => sleep(restMs));
  figures.push(measure());
  phase = 'attack';
  await onProcessor(processor.attack, async () => {
    say({ say: 'attack' });
    await sleep(attackMs);
    say({ say: 'rest' });
    ({ made, failures } = await next(hostile, 'resting'));
  });
  phase = undefined;
  // What is still being answered ends.
  await sleep(5000);
  console.log(
    `round ${round + 1} of ${rounds}: without ${shown(delays.rest)}, with ${shown(delays.attack)}, ${figures.at(-1)?.megabytes} MB, ${figures.at(-1)?.descriptors} descriptors, load ${loadavg()[0]?.toFixed(1)}`,
  );
}
await sleep(restMs);
figures.push(measure());
isOver = true;
await Promise.race([Promise.all([...readers, bareReader]), sleep(30_000)]);

const ratio = percentile(delays.attack, 0.99) / percentile(delays.rest, 0.99);
if (end !== undefined) violations.push(`the server ended with ${end}: ${server.output().slice(-2000)}`);
if (ratio > mostTimes)
  violations.push(`the 99th percentile is ${ratio.toFixed(2)} times that without attacks`);
// The first round fills caches, pools and the database.
const [first = figures[0], last = first] = [figures[1], figures.at(-1)];
if (first !== undefined && last !== undefined) {
  if (last.megabytes - first.megabytes > mostMoreMegabytes) violations.push('memory grows');
  if (last.descriptors - first.descriptors > mostMoreDescriptors) violations.push('descriptors grow');
}
console.log(`without attacks: ${shown(delays.rest)}`);
console.log(`with attacks:    ${shown(delays.attack)}; 99th percentile ${ratio.toFixed(2)} times`);
for (const [name, some] of byAttack) console.log(`  ${name}: ${shown(some)}`);
console.log(`beside the server: without ${shown(bare.rest)}, with ${shown(bare.attack)}`);
console.log(`main thread:     without ${shownUse(processor.rest)}, with ${shownUse(processor.attack)}`);
console.log(`memory in MB:    ${figures.map(({ megabytes }) => megabytes).join(', ')}`);
console.log(`descriptors:     ${figures.map(({ descriptors }) => descriptors).join(', ')}`);
console.log(`attacks:         ${JSON.stringify(made)}, answered with 5xx or not at all: ${failures}`);
console.log(violations.length === 0 ? 'no violations' : [...new Set(violations)].join('\n'));
if (values.profile !== '') {
  server.signal('SIGTERM');
  await server.exited;
}
await server[Symbol.asyncDispose]();
hostile.kill();
model.closeAllConnections();
model.close();
process.exitCode = violations.length === 0 ? 0 : 1;

function say(message: ToHostile): void {
  hostile.send(message);
}

function next<Kind extends FromHostile['tell']>(child: ChildProcess, kind: Kind) {
  return new Promise<Extract<FromHostile, { tell: Kind }>>((resolve) => {
    const onMessage = (message: FromHostile): void => {
      if (message.tell !== kind) return;
      child.off('message', onMessage as (message: unknown) => void);
      resolve(message as Extract<FromHostile, { tell: Kind }>);
    };
    child.on('message', onMessage as (message: unknown) => void);
  });
}

async function onProcessor(
  use: { ran: number; waited: number },
  wait: () => Promise<unknown>,
): Promise<void> {
  const before = schedule();
  await wait();
  const after = schedule();
  use.ran += after.ran - before.ran;
  use.waited += after.waited - before.waited;
}

function schedule(): { readonly ran: number; readonly waited: number } {
  if (end !== undefined) return { ran: 0, waited: 0 };
  const [ran = 0, waited = 0] = readFileSync(`/proc/${server.pid}/task/${server.pid}/schedstat`, 'utf8')
    .split(' ')
    .map((nanoseconds) => Number(nanoseconds) / 1e9);
  return { ran, waited };
}

function shownUse({ ran, waited }: { readonly ran: number; readonly waited: number }): string {
  return `ran ${ran.toFixed(1)} s and waited ${waited.toFixed(1)} s for a processor`;
}

function measure(): { readonly megabytes: number; readonly descriptors: number } {
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
  return {
    megabytes: Math.round(kilobytes / 1024),
    descriptors: readdirSync(`/proc/${server.pid}/fd`).length,
  };
}

function percentile(all: readonly number[], q: number): number {
  const sorted = all.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

function shown(all: readonly number[]): string {
  const [half, most] = [percentile(all, 0.5), percentile(all, 0.99)];
  return `p50 ${half.toFixed(1)} ms, p99 ${most.toFixed(1)} ms of ${all.length} tokens`;
}
