/** Reads who has a lease. */
import { databaseNow } from '../clock.ts';
import type { Database } from '../store.ts';

/** The number of processes on this PostgreSQL that are alive as far as their leases tell. */
export async function countLeases(db: Database): Promise<number> {
  const { count } = await db
    .selectFrom('owner')
    .select((eb) => eb.fn.countAll<number | string>().as('count'))
    .where('fenced_at', 'is', null)
    .where('lease_until', '>', databaseNow('postgres'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The same for a process that is one of them: at least 1. */
export async function countLiveOwners(db: Database): Promise<number> {
  return Math.max(1, await countLeases(db));
}
