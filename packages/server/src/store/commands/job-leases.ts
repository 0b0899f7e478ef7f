/** Leases of jobs that one process does at a time. */
import { sql } from 'kysely';
import { databaseNow } from '../clock.ts';
import type { CommandContext } from '../command-context.ts';

export interface TakeJob {
  readonly name: string;
  /** Who wants it: a process, by an id of its own. */
  readonly holder: string;
  /** 0 gives the job back. */
  readonly leaseMs: number;
}

/** Takes a job or goes on holding it. Not taken: another process holds it. `now` is the database's clock, where it is taken. */
export async function takeJob(
  { db, engine }: CommandContext,
  { name, holder, leaseMs }: TakeJob,
): Promise<{ readonly isTaken: boolean; readonly now: number }> {
  const now = databaseNow(engine);
  const until = sql<number>`${now} + ${sql`cast(${leaseMs} as bigint)`}`;
  const taken = await db
    .insertInto('job_lease')
    .values({ name, holder, until })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ holder, until })
        .where((eb) => eb.or([eb('job_lease.holder', '=', holder), eb('job_lease.until', '<=', now)])),
    )
    .returning(now.as('now'))
    .execute();
  return { isTaken: taken.length > 0, now: taken[0]?.now ?? 0 };
}
