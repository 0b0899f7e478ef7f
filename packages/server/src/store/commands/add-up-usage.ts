/** Adds calls of models up in the rollups of usage, each exactly once: it is noted until the same commit takes the note. */
import { sql } from 'kysely';
import { type CommandContext, isAmong } from '../command-context.ts';
import { selectPendingCalls, toCountedCall } from '../usage/calls.ts';
import {
  addCall,
  addStored,
  type CountedCall,
  emptyRollup,
  everybody,
  keyNames,
  keyOf,
  type Rollup,
  type RollupKey,
} from '../usage/rollup.ts';
import { readRollups, storeRollups } from '../usage/stored-rollups.ts';

/** Number of PostgreSQL's advisory lock that keeps processes from adding up the same rollups at once. */
const lockNumber = 1_702_061_421;

/**
 * Adds up at most `limit` calls, so that no other write waits long. `isLast` if no others were noted, or another process
 * is adding up.
 */
export async function addUpUsage(
  context: CommandContext,
  { limit }: { readonly limit: number },
): Promise<{ readonly added: number; readonly isLast: boolean }> {
  const { db, engine } = context;
  if (!(await isAlone(context))) return { added: 0, isLast: true };
  const noted = await db
    .selectFrom('usage_pending')
    .select(['organization_id', 'call_id'])
    .orderBy('organization_id')
    .orderBy('call_id')
    .limit(limit)
    .execute();
  const [first, last] = [noted[0], noted.at(-1)];
  if (first === undefined || last === undefined) return { added: 0, isLast: true };
  const ids = noted.map((row) => row.call_id);
  // The range finds them in the index, so that a step takes no longer where many others are noted.
  const isTaken = (table: 'usage_pending' | 'pending') => {
    const [organization, call] = [`${table}.organization_id`, `${table}.call_id`];
    const place = sql`(${sql.ref(organization)}, ${sql.ref(call)})`;
    return sql<boolean>`${place} >= (${first.organization_id}, ${first.call_id})
      and ${place} <= (${last.organization_id}, ${last.call_id}) and ${isAmong(engine, call, ids)}`;
  };
  const rows = await selectPendingCalls(db).where(isTaken('pending')).execute();
  const calls = await stillOwned(context, rows.map(toCountedCall));
  await merge(context, rollUp(calls));
  await db.deleteFrom('usage_pending').where(isTaken('usage_pending')).execute();
  return { added: calls.length, isLast: noted.length < limit };
}

async function isAlone({ db, engine }: CommandContext): Promise<boolean> {
  if (engine === 'sqlite') return true;
  const { rows } = await sql<{
    locked: boolean;
  }>`select pg_try_advisory_xact_lock(${lockNumber}) as locked`.execute(db);
  return rows[0]?.locked === true;
}

/** Leaves out the calls of organizations that are gone, and takes erased users away; what is left can't go before the commit. */
async function stillOwned(context: CommandContext, calls: readonly CountedCall[]): Promise<CountedCall[]> {
  const organizations = await lockIds(
    context,
    'organization',
    new Set(calls.map((call) => call.organizationId)),
  );
  const users = await lockIds(context, 'end_user', new Set(calls.flatMap((call) => call.endUserId ?? [])));
  return calls
    .filter((call) => organizations.has(call.organizationId))
    .map((call) => (users.has(call.endUserId ?? '') ? call : { ...call, endUserId: null }));
}

async function lockIds(
  { db, engine }: CommandContext,
  table: 'organization' | 'end_user',
  ids: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  if (ids.size === 0) return ids;
  const rows = await db
    .selectFrom(table)
    .select('id')
    .where(isAmong(engine, 'id', [...ids]))
    .orderBy('id')
    .modifyEnd(engine === 'postgres' ? sql`for key share` : sql``)
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** By their names. */
function rollUp(calls: readonly CountedCall[]): ReadonlyMap<string, Rollup> {
  const rollups = new Map<string, Rollup>();
  for (const call of calls) {
    for (const user of call.endUserId === null ? [everybody] : [everybody, call.endUserId]) {
      const key = keyOf(call, user);
      const name = nameOf(key);
      const rollup = rollups.get(name) ?? emptyRollup(key);
      rollups.set(name, rollup);
      addCall(rollup, call);
    }
  }
  return rollups;
}

function nameOf(key: RollupKey): string {
  return JSON.stringify(keyNames.map((part) => key[part]));
}

async function merge(context: CommandContext, rollups: ReadonlyMap<string, Rollup>): Promise<void> {
  const stored = await readRollups(
    context,
    rollups
      .values()
      .map(({ key }) => key)
      .toArray(),
  );
  for (const row of stored) {
    const rollup = rollups.get(nameOf(row));
    if (rollup !== undefined) addStored(rollup, row);
  }
  const rows = rollups.values().map(({ key, figures, firstToken, duration }) => ({
    ...key,
    ...figures,
    first_token: firstToken.toString(),
    duration: duration.toString(),
  }));
  await storeRollups(context, rows.toArray());
}
