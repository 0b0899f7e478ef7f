/** Adds calls of models up in the rollups of usage, each exactly once: it is noted until the same commit takes the note. */
import { sql } from 'kysely';
import { type CommandContext, isAmong } from '../command-context.ts';
import type { UsageRollupTable } from '../queries/usage-tables.ts';
import { answersInOrder, statement } from '../statement.ts';
import type { Database } from '../tables.ts';
import { selectPendingCalls, toCountedCall } from '../usage/calls.ts';
import {
  addCall,
  addStored,
  type CountedCall,
  emptyRollup,
  everybody,
  figureNames,
  keyNames,
  keyOf,
  type Rollup,
  type RollupKey,
} from '../usage/rollup.ts';

/** Number of PostgreSQL's advisory lock that keeps processes from adding up the same rollups at once. */
const lockNumber = 1_702_061_421;

const byKey = statement<RollupKey, UsageRollupTable>((db, param) => {
  let query = db.selectFrom('usage_rollup').selectAll();
  for (const name of keyNames) query = query.where(name, '=', param(name) as never);
  return query;
});

const store = statement<UsageRollupTable, unknown>((db, param) => {
  const values = Object.fromEntries(
    [...keyNames, ...figureNames, 'first_token', 'duration'].map((name) => [
      name,
      param(name as keyof UsageRollupTable),
    ]),
  ) as unknown as UsageRollupTable;
  return db
    .insertInto('usage_rollup')
    .values(values)
    .onConflict((conflict) =>
      conflict.columns([...keyNames]).doUpdateSet((eb) => ({
        ...Object.fromEntries(figureNames.map((name) => [name, eb.ref(`excluded.${name}`)])),
        first_token: eb.ref('excluded.first_token'),
        duration: eb.ref('excluded.duration'),
      })),
    );
});

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
  if (noted.length === 0) return { added: 0, isLast: true };
  const ids = noted.map((row) => row.call_id);
  const organizations = [...new Set(noted.map((row) => row.organization_id))];
  const rows = await selectPendingCalls(db)
    .where(isAmong(engine, 'pending.organization_id', organizations))
    .where(isAmong(engine, 'pending.call_id', ids))
    .execute();
  const calls = await stillOwned(context, rows.map(toCountedCall));
  await merge(db, rollUp(calls));
  await db
    .deleteFrom('usage_pending')
    .where(isAmong(engine, 'organization_id', organizations))
    .where(isAmong(engine, 'call_id', ids))
    .execute();
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

function rollUp(calls: readonly CountedCall[]): Rollup[] {
  const rollups = new Map<string, Rollup>();
  for (const call of calls) {
    for (const user of call.endUserId === null ? [everybody] : [everybody, call.endUserId]) {
      const key = keyOf(call, user);
      const name = JSON.stringify(keyNames.map((part) => key[part]));
      const rollup = rollups.get(name) ?? emptyRollup(key);
      rollups.set(name, rollup);
      addCall(rollup, call);
    }
  }
  return [...rollups.values()];
}

/** The statements of a step leave together. */
async function merge(db: Database, rollups: readonly Rollup[]): Promise<void> {
  const stored = await answersInOrder(rollups.map(({ key }) => byKey(db, key)));
  await answersInOrder(
    rollups.map((rollup, index) => {
      const [before] = stored[index] ?? [];
      if (before !== undefined) addStored(rollup, before);
      const { key, figures, firstToken, duration } = rollup;
      return store(db, {
        ...key,
        ...figures,
        first_token: firstToken.toString(),
        duration: duration.toString(),
      });
    }),
  );
}
