/** Measures whether lists cost more in a larger store: reads a store of 1,000 messages and one of 1,000,000 in turn. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Colloquy, startColloquy } from './harness/colloquy.ts';
import { type ReadsRun, runReads } from './harness/lists-run.ts';
import { readOptions } from './harness/options.ts';
import { type BenchDatabase, createBenchDatabase } from './harness/postgres.ts';
import { totalCpuMs } from './harness/proc.ts';
import type { SeedConversation, StoredConversation } from './harness/seed/rows.ts';
import { seedStore } from './harness/seed/seed.ts';
import { wordOf } from './harness/seed/texts.ts';
import { median, spread } from './harness/statistics.ts';

const usage = `node bench/lists.ts [--quick] [--engine sqlite|postgres]… [--small 1000] [--large 1000000] [--rounds 5]
                    [--reads 40] [--profile-dir DIR]
--quick: the large store has 100,000 messages.`;

const options = readOptions(usage, { rounds: 5, numbers: { small: 1000, large: 1_000_000, reads: 40 } });
const { small, reads } = options.numbers;
const large = options.isQuick ? Math.min(100_000, options.numbers.large) : options.numbers.large;
const rounds = options.isQuick ? Math.max(3, options.rounds) : options.rounds;
const profileDir = options.profileDir === undefined ? undefined : resolve(options.profileDir);
if (profileDir !== undefined) mkdirSync(profileDir, { recursive: true });

const limit = 20;
const usualLength = 10;
/** Share of all messages that each of the two long conversations has. */
const longShare = 0.1;
/** Number of conversations with a word that no other conversation contains. */
const needles = 20;
const needle = 'haystackneedle';
const warmUpReads = 20;

interface Side {
  readonly name: 'small' | 'large';
  readonly colloquy: Colloquy;
  readonly outsideCpuMs: () => Promise<number>;
  readonly usual: readonly StoredConversation[];
  readonly long: StoredConversation;
  readonly gapped: StoredConversation;
  readonly total: number;
}

interface Case {
  readonly name: string;
  /** Whether the read has to meet the aim. */
  readonly isJudged: boolean;
  path(side: Side, n: number): string;
  check(body: string, side: Side): void;
}

const cases: readonly Case[] = [
  {
    name: `list?limit=${limit}`,
    isJudged: true,
    path: () => `list?limit=${limit}`,
    check: (body) => expectLength(body, limit),
  },
  {
    name: 'list, offset in the middle',
    isJudged: false,
    path: ({ total }) => `list?limit=${limit}&offset=${Math.floor(total / 2)}`,
    check: (body) => expectLength(body, limit),
  },
  {
    name: 'get_with_sessions',
    isJudged: true,
    path: ({ usual }, n) => `get_with_sessions?conversation_id=${pick(usual, n).id}`,
    check(body) {
      const { sessions } = JSON.parse(body) as { sessions: readonly unknown[] };
      if (sessions.length !== 1) throw new Error(body);
    },
  },
  {
    name: 'messages',
    isJudged: true,
    path: ({ usual }, n) => `messages?conversation_id=${pick(usual, n).id}&limit=${limit}`,
    check: (body) => expectMessages(body, usualLength, usualLength),
  },
  {
    name: 'messages, deep offset',
    isJudged: true,
    path: ({ long }) => `messages?conversation_id=${long.id}&limit=${limit}&offset=${long.messages - limit}`,
    check: (body, { long }) => expectMessages(body, limit, long.messages),
  },
  {
    name: 'messages, deep offset, one deleted',
    isJudged: true,
    path: ({ gapped }) =>
      `messages?conversation_id=${gapped.id}&limit=${limit}&offset=${gapped.messages - limit}`,
    check: (body, { gapped }) => expectMessages(body, limit, gapped.messages),
  },
  {
    name: 'messages, offset in the middle, one deleted',
    isJudged: true,
    path: ({ gapped }) =>
      `messages?conversation_id=${gapped.id}&limit=${limit}&offset=${Math.floor(gapped.messages / 2)}`,
    check: (body, { gapped }) => expectMessages(body, limit, gapped.messages),
  },
  search('q= a word of 20 conversations', needle, needles),
  search('q= a word of one message in 40', wordOf(100), undefined),
  search('q= a word of most messages', wordOf(0), limit),
];

function search(name: string, q: string, found: number | undefined): Case {
  return {
    name,
    isJudged: false,
    path: () => `list?limit=${limit}&q=${q}`,
    check(body) {
      const matches = JSON.parse(body) as readonly { readonly snippet: string }[];
      if (found === undefined ? matches.length === 0 : matches.length !== found) {
        throw new Error(`q=${q}: ${matches.length} found`);
      }
      if (!matches.every((match) => match.snippet.includes(q))) throw new Error(body);
    },
  };
}

function expectLength(body: string, length: number): void {
  const list = JSON.parse(body) as readonly unknown[];
  if (list.length !== length) throw new Error(`${list.length} instead of ${length}`);
}

function expectMessages(body: string, length: number, total: number): void {
  const page = JSON.parse(body) as { messages: readonly unknown[]; total: number };
  if (page.messages.length !== length || page.total !== total) {
    throw new Error(`${page.messages.length} messages of ${page.total} instead of ${length} of ${total}`);
  }
}

/** Picks a different conversation for each `n`, spread over the whole store. */
function pick(conversations: readonly StoredConversation[], n: number): StoredConversation {
  return conversations[(n * 7919) % conversations.length] as StoredConversation;
}

function* conversationsOf(messages: number): Generator<SeedConversation> {
  const long = Math.floor(messages * longShare);
  const usual = Math.floor((messages - 2 * long) / usualLength);
  const spanMs = 300 * 24 * 3600 * 1000;
  const startMs = Date.now() - spanMs;
  const needleEvery = Math.max(1, Math.floor(usual / needles));
  // The long conversations come first, so that the newest search entries, which are ranked, are of many conversations.
  yield { createdAtMs: startMs, messages: long };
  yield { createdAtMs: startMs + 1, messages: long, hasGap: true };
  for (let n = 0; n < usual; n += 1) {
    const createdAtMs = startMs + Math.floor((n / usual) * (spanMs / 2));
    const hasNeedle = n % needleEvery === 0 && n / needleEvery < needles;
    yield { createdAtMs, messages: usualLength, ...(hasNeedle && { needle }) };
  }
}

async function startSide(
  name: Side['name'],
  messages: number,
  database: BenchDatabase | undefined,
): Promise<Side> {
  let stored: StoredConversation[] = [];
  const colloquy = await startColloquy({
    // No model is called, so this address is never used.
    upstreamUrl: 'http://127.0.0.1:9',
    ...(database !== undefined && { databaseUrl: database.url }),
    async seed(home) {
      stored = await seedStore(home, conversationsOf(messages), { wordsPerMessage: 24, isSearchable: true });
    },
  });
  const [long, gapped, ...usual] = stored as [
    StoredConversation,
    StoredConversation,
    ...StoredConversation[],
  ];
  return {
    name,
    colloquy,
    outsideCpuMs: async () => (database === undefined ? 0 : totalCpuMs(await database.backendPids())),
    usual,
    long,
    gapped,
    total: stored.length,
  };
}

async function readCase(side: Side, one: Case, from: number, count: number): Promise<ReadsRun> {
  const organization = side.colloquy.home.organizationId;
  const paths = Array.from(
    { length: count },
    (_, n) => `/api/conversation/${one.path(side, from + n)}&org_id=${organization}`,
  );
  const server = {
    party: side.colloquy.party,
    target: side.colloquy.target,
    outsideCpuMs: side.outsideCpuMs,
  };
  return runReads(server, paths, (body) => one.check(body, side));
}

async function runEngine(name: string, databases: readonly [BenchDatabase, BenchDatabase] | undefined) {
  await using stack = new AsyncDisposableStack();
  const sides: Side[] = [];
  for (const [index, messages] of [small, large].entries()) {
    const side = await startSide(index === 0 ? 'small' : 'large', messages, databases?.[index]);
    stack.use(side.colloquy);
    sides.push(side);
  }
  console.log(`\n${name}: ${small} messages, and ${large}`);
  for (const one of cases) {
    for (const side of sides) await readCase(side, one, 0, warmUpReads);
    if (profileDir !== undefined) await sides[1]?.colloquy.party.startProfile();
    const runs: Record<Side['name'], ReadsRun[]> = { small: [], large: [] };
    for (let round = 0; round < rounds; round += 1) {
      for (const side of sides) {
        runs[side.name].push(await readCase(side, one, warmUpReads + round * reads, reads));
      }
    }
    const slug = one.name.replace(/[^a-z0-9]+/g, '-');
    if (profileDir !== undefined) {
      await sides[1]?.colloquy.party.stopProfile(join(profileDir, `${name}-${slug}`));
    }
    print(one, runs);
  }
}

function print(one: Case, runs: Readonly<Record<Side['name'], readonly ReadsRun[]>>): void {
  const latency = (run: ReadsRun | undefined): number => median(run?.latenciesMs ?? []);
  const ratios = runs.large.map((run, round) => latency(run) / latency(runs.small[round]));
  const cpu = (of: readonly ReadsRun[]): number => median(of.map((run) => run.cpuPerReadUs));
  const ms = (of: readonly ReadsRun[]): string => median(of.map(latency)).toFixed(2);
  console.log(
    `  ${one.name.padEnd(44)} ratio ${spread(ratios, 2).padEnd(19)} ${ms(runs.small)} → ${ms(runs.large)} ms, ` +
      `CPU ${cpu(runs.small).toFixed(0)} → ${cpu(runs.large).toFixed(0)} µs, ratio ${(cpu(runs.large) / cpu(runs.small)).toFixed(2)}` +
      `${one.isJudged && median(ratios) > 2 ? '  above 2' : ''}`,
  );
}

console.log(
  `node ${process.versions.node}; ${rounds} rounds of ${reads} reads; latency medians over rounds (lowest–highest)`,
);
if (options.contenders.has('sqlite')) await runEngine('sqlite', undefined);
if (options.contenders.has('postgres')) {
  await using first = await createBenchDatabase();
  await using second = first === undefined ? undefined : await createBenchDatabase();
  if (first !== undefined && second !== undefined) await runEngine('postgres', [first, second]);
}
