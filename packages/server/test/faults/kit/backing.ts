/** What a cluster of servers stands on, as processes of the run's own that are killed and started again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { findPostgresPrograms, type PostgresProcess, startPostgres } from 'colloquy-testkit/postgres-process';
import { findRedisProgram, type RedisProcess, startRedis } from 'colloquy-testkit/redis-process';
import type { Skip } from 'colloquy-testkit/services';
import { Client } from 'pg';

export interface Backing extends AsyncDisposable {
  readonly postgres: PostgresProcess;
  readonly redis: RedisProcess;
  /** Milliseconds until no generation belongs to an owner whose lease has run out, from `since` (`performance.now()`). */
  taken(since: number, leaseMs: number): Promise<number>;
}

/** A sentence where this machine has no programs to start them. */
export async function startBacking(): Promise<Backing | Skip> {
  const [programs, redisProgram] = [await findPostgresPrograms(), findRedisProgram()];
  if ('skip' in programs) return programs;
  if ('skip' in redisProgram) return redisProgram;
  const postgres = await startPostgres(programs.programs);
  const redis = await startRedis(redisProgram.program);
  return {
    postgres,
    redis,
    async taken(since, leaseMs) {
      await sleep(leaseMs);
      while ((await countLeft(postgres.url)) > 0) await sleep(20);
      return performance.now() - since;
    },
    async [Symbol.asyncDispose]() {
      await redis[Symbol.asyncDispose]();
      await postgres[Symbol.asyncDispose]();
    },
  };
}

async function countLeft(url: string): Promise<number> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>(
      `select count(*) from generation join owner on owner.id = generation.owner
       where generation.status in ('queued', 'running')
         and owner.lease_until < extract(epoch from clock_timestamp()) * 1000`,
    );
    return Number(rows[0]?.count);
  } finally {
    await client.end();
  }
}
