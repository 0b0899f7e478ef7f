/** The relays that a bench compares, all running at once, each idle while another is measured. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedisProgram, startRedis } from 'colloquy-testkit/redis-process';
import { type ColloquyOptions, startColloquy } from './colloquy.ts';
import { type DialectName, dialectNames } from './dialects.ts';
import type { Target } from './load.ts';
import { type Party, probeArguments, startParty } from './party.ts';
import { createBenchDatabase } from './postgres.ts';
import { totalCpuMs } from './proc.ts';

export const contenderNames = [
  'bare',
  'floor',
  'ai-sdk',
  'sqlite',
  'sqlite-against',
  'postgres',
  'postgres-against',
  'postgres-redis',
] as const;
export type ContenderName = (typeof contenderNames)[number];

export interface Contender {
  readonly name: ContenderName;
  readonly party: Party;
  readonly target: Target;
  /** The dialects that it speaks; only Colloquy speaks others than chat. */
  readonly dialects: readonly DialectName[];
  /** CPU time so far that the relay has used outside its own processes: that of PostgreSQL's backends. */
  outsideCpuMs(): Promise<number>;
}

export interface Contenders extends AsyncDisposable {
  readonly list: readonly Contender[];
}

export interface ContenderOptions {
  /** Additional variables for Colloquy. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Root of another checkout, which `sqlite-against` and `postgres-against` are started from. */
  readonly against?: string | undefined;
}

/** Starts the named relays that this machine can run; `bare` comes first, since the others are compared with it. */
export async function startContenders(
  names: ReadonlySet<ContenderName>,
  upstreamUrl: string,
  options: ContenderOptions = {},
): Promise<Contenders> {
  const stack = new AsyncDisposableStack();
  const list: Contender[] = [];
  try {
    for (const name of contenderNames) {
      if (!names.has(name)) continue;
      const contender = await startContender(name, { upstreamUrl, ...options }, stack);
      if (contender !== undefined) list.push(contender);
    }
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
  return { list, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function startContender(
  name: ContenderName,
  { against, ...options }: Pick<ColloquyOptions, 'upstreamUrl'> & ContenderOptions,
  stack: AsyncDisposableStack,
): Promise<Contender | undefined> {
  if (name === 'bare' || name === 'floor' || name === 'ai-sdk') {
    const args = [options.upstreamUrl];
    if (name === 'floor') {
      const directory = await mkdtemp(join(tmpdir(), 'colloquy-bench-floor-'));
      stack.defer(() => rm(directory, { recursive: true, force: true }));
      args.push(join(directory, 'floor.db'));
    }
    const { party, port } = await startParty(`${name}-relay.ts`, args, probeArguments);
    stack.use(party);
    return {
      ...{ name, party, dialects: ['chat'] },
      target: { host: '127.0.0.1', port, headers: {} },
      outsideCpuMs: async () => 0,
    };
  }
  const checkout = name.endsWith('-against') ? against : undefined;
  if (name === 'sqlite' || name === 'sqlite-against') {
    const { party, target } = stack.use(await startColloquy({ ...options, checkout }));
    return { name, party, target, dialects: dialectNames, outsideCpuMs: async () => 0 };
  }
  const database = await createBenchDatabase();
  if (database === undefined) return undefined;
  stack.use(database);
  const { environment, ...rest } = options;
  const { party, target } = stack.use(
    await startColloquy({
      ...rest,
      checkout,
      databaseUrl: database.url,
      environment: { ...environment, ...(name === 'postgres-redis' && (await redisVariables(stack))) },
    }),
  );
  return {
    ...{ name, party, target, dialects: dialectNames },
    outsideCpuMs: async () => totalCpuMs(await database.backendPids()),
  };
}

async function redisVariables(stack: AsyncDisposableStack): Promise<Readonly<Record<string, string>>> {
  const found = findRedisProgram();
  if ('skip' in found) throw new Error(found.skip);
  return { REDIS_URL: stack.use(await startRedis(found.program)).url };
}
