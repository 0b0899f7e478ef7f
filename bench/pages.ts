/**
 * Measures how long others wait while long lists are read: pages of long messages, lists of 100,000 rows, and streams of an
 * answer of 100,000 events that are resumed near its end. `/healthz`, which only needs a turn of the event loop, is asked
 * meanwhile, and in the same run while nothing else goes on.
 */
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Colloquy, startColloquy } from './harness/colloquy.ts';
import { type Holds, holdsWhile } from './harness/holds-run.ts';
import { readOptions } from './harness/options.ts';
import { type BenchDatabase, createBenchDatabase } from './harness/postgres.ts';
import { type LongSizes, type LongThings, seedLongThings } from './harness/seed/pages.ts';
import { median } from './harness/statistics.ts';

const usage = `node bench/pages.ts [--quick] [--engine sqlite|postgres]… [--rounds 3] [--rows 100000] [--messages 200]
                    [--length 200000] [--events 100000]
--quick: one round.`;

const options = readOptions(usage, {
  rounds: 3,
  numbers: { rows: 100_000, messages: 200, length: 200_000, events: 100_000 },
});
const sizes: LongSizes = {
  conversations: options.numbers.rows,
  messages: options.numbers.messages,
  messageLength: options.numbers.length,
  events: options.numbers.events,
};
const idleMs = 2000;

interface Case {
  readonly name: string;
  /** Requests at once. */
  readonly atOnce: number;
  path(things: LongThings, organization: string): string;
  headers?(things: LongThings): Readonly<Record<string, string>>;
}

const conversation = (path: string, organization: string): string =>
  `/api/conversation/${path}${path.includes('?') ? '&' : '?'}org_id=${organization}`;

const resumed = (before: number, atOnce: number): Case => ({
  name: before === 0 ? 'a stream, whole' : `a stream, behind the last ${before} events`,
  atOnce,
  path: ({ generation }) => `/api/generations/${generation}/stream`,
  ...(before > 0 && {
    headers: ({ generation, events }: LongThings) => ({
      'last-event-id': `${generation}:${events - before}`,
    }),
  }),
});

const cases: readonly Case[] = [
  {
    name: 'messages?limit=1000, long ones',
    atOnce: 8,
    path: ({ longMessages }, org) => conversation(`messages?limit=1000&conversation_id=${longMessages}`, org),
  },
  {
    name: 'all messages of a chat, long ones',
    atOnce: 2,
    path: ({ longMessages }) => `/conversations/?chat_id=${longMessages}`,
  },
  { name: 'all conversations', atOnce: 8, path: (_, org) => conversation('list', org) },
  { name: 'all chats', atOnce: 8, path: () => '/chats' },
  {
    name: 'conversations, offset in the middle',
    atOnce: 8,
    path: (_, org) => conversation(`list?limit=20&offset=${Math.floor(sizes.conversations / 2)}`, org),
  },
  {
    name: 'conversations, archived (there are none)',
    atOnce: 8,
    path: (_, org) => conversation('list?limit=20&is_archived=true', org),
  },
  resumed(100, 20),
  resumed(0, 8),
];

interface Run {
  readonly holds: Holds;
  readonly latenciesMs: readonly number[];
  readonly bytes: number;
}

async function runCase(colloquy: Colloquy, things: LongThings, one: Case): Promise<Run> {
  const latenciesMs: number[] = [];
  let bytes = 0;
  const read = async (): Promise<void> => {
    const startedAtMs = performance.now();
    const headers = one.headers?.(things) ?? {};
    const length = await get(colloquy, one.path(things, colloquy.home.organizationId), headers);
    bytes += length;
    latenciesMs.push(performance.now() - startedAtMs);
  };
  const all = () => Promise.all(Array.from({ length: one.atOnce }, read));
  const holds = await holdsWhile(colloquy.target, colloquy.party.pid, all);
  return { holds, latenciesMs, bytes };
}

/** Reads an answer to its end and gives its length. */
function get({ target }: Colloquy, path: string, more: Readonly<Record<string, string>>): Promise<number> {
  const { host, port, headers } = target;
  return new Promise((resolve, reject) => {
    const agent = new Agent();
    const request = httpRequest({ host, port, path, agent, headers: { ...headers, ...more } }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(bytes);
        else reject(new Error(`GET ${path}: ${response.statusCode}`));
      });
    });
    request.on('error', reject);
    request.end();
  });
}

const ms = (value: number): string => value.toFixed(1).padStart(7);

function print(name: string, runs: readonly Run[], idle: Holds): void {
  const of = (pick: (run: Run) => number): number => median(runs.map(pick));
  const latency = of((run) => median(run.latenciesMs));
  const bytes = (of((run) => run.bytes) / 1e6).toFixed(1).padStart(6);
  const wait = of(({ holds }) => holds.wait.p99);
  const cpu = of(({ holds }) => holds.cpu.p99);
  const most = of(({ holds }) => holds.cpu.max);
  console.log(
    `  ${name.padEnd(44)} ${ms(latency)} ms, ${bytes} MB;  /healthz waits p99 ${ms(wait)} ms (idle ${ms(idle.wait.p99)}), ` +
      `CPU of the loop meanwhile p99 ${ms(cpu)}  max ${ms(most)} ms (idle ${ms(idle.cpu.max)})`,
  );
}

async function runEngine(name: string, database: BenchDatabase | undefined): Promise<void> {
  const seeded: LongThings[] = [];
  await using colloquy = await startColloquy({
    upstreamUrl: 'http://127.0.0.1:9',
    ...(database !== undefined && { databaseUrl: database.url }),
    async seed(home) {
      seeded.push(await seedLongThings(home, sizes));
    },
  });
  const [things] = seeded;
  if (things === undefined) throw new Error('nothing was stored');
  console.log(
    `\n${name}: ${sizes.conversations} conversations, ${sizes.messages} messages of ${sizes.messageLength} characters, ` +
      `an answer of ${sizes.events} events`,
  );
  const runs = cases.map((): Run[] => []);
  const idle: Holds[] = [];
  for (let round = 0; round <= options.rounds; round += 1) {
    const alone = await holdsWhile(colloquy.target, colloquy.party.pid, () => sleep(idleMs));
    if (round > 0) idle.push(alone);
    for (const [index, one] of cases.entries()) {
      const run = await runCase(colloquy, things, one);
      // The first round warms up.
      if (round > 0) runs[index]?.push(run);
    }
  }
  const middle = (pick: (holds: Holds) => number): number => median(idle.map(pick));
  const spread = (kind: keyof Holds) => ({
    p50: middle((holds) => holds[kind].p50),
    p99: middle((holds) => holds[kind].p99),
    max: middle((holds) => holds[kind].max),
  });
  const alone = { wait: spread('wait'), cpu: spread('cpu') };
  for (const [index, one] of cases.entries()) print(`${one.atOnce} × ${one.name}`, runs[index] ?? [], alone);
}

console.log(`node ${process.versions.node}; medians over ${options.rounds} rounds`);
if (options.contenders.has('sqlite')) await runEngine('sqlite', undefined);
if (options.contenders.has('postgres')) {
  await using database = await createBenchDatabase();
  if (database !== undefined) await runEngine('postgres', database);
}
