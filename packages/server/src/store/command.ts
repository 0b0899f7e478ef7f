/**
 * Writes are named commands, run inside the writer: on SQLite in a worker thread, all that have arrived in one
 * commit; on PostgreSQL in a transaction each. Arguments and results are plain data (they cross a thread).
 */
import type { AuditOrigin } from '../domain/audit/trail.ts';
import { runAudited } from './audit/audited.ts';
import type { CommandContext } from './command-context.ts';
import { claimedResultOf } from './commands/claimed-results.ts';
import { type CommandArgs, type CommandName, type CommandResult, commands } from './commands/registry.ts';
import { idempotencyMismatch } from './constraint.ts';
import { statement } from './statement.ts';
import type { IdempotencyTable } from './tables.ts';

export type { ClaimedCommandName } from './commands/claimed-results.ts';
export type { CommandArgs, CommandName, CommandResult } from './commands/registry.ts';

/**
 * A claim identifies a retry, per credential. It is stored with the ids in the result, in the command's own transaction.
 */
export interface IdempotencyClaim {
  readonly scope: string;
  readonly key: string;
  readonly bodyHash: string;
  readonly now: number;
  readonly expiresAt: number;
}

export interface Executed<R> {
  readonly result: R;
  /** Whether an earlier call with the same claim made this result. */
  readonly replayed: boolean;
}

const insertClaim = statement<Omit<IdempotencyTable, 'result'>, { key: string }>((db, param) =>
  db
    .insertInto('idempotency')
    .values({
      scope: param('scope'),
      key: param('key'),
      body_hash: param('body_hash'),
      result: null,
      created_at: param('created_at'),
      expires_at: param('expires_at'),
    })
    .onConflict((conflict) => conflict.columns(['scope', 'key']).doNothing())
    .returning('key'),
);

async function claim(context: CommandContext, wanted: IdempotencyClaim): Promise<string | undefined> {
  const { db } = context;
  await db
    .deleteFrom('idempotency')
    .where('scope', '=', wanted.scope)
    .where('key', '=', wanted.key)
    .where('expires_at', '<=', wanted.now)
    .execute();
  const inserted = await insertClaim(db, {
    scope: wanted.scope,
    key: wanted.key,
    body_hash: wanted.bodyHash,
    created_at: wanted.now,
    expires_at: wanted.expiresAt,
  });
  if (inserted.length > 0) return undefined;
  const earlier = await db
    .selectFrom('idempotency')
    .select(['body_hash', 'result'])
    .where('scope', '=', wanted.scope)
    .where('key', '=', wanted.key)
    .executeTakeFirstOrThrow();
  if (earlier.body_hash !== wanted.bodyHash) {
    throw idempotencyMismatch();
  }
  return earlier.result ?? 'null';
}

async function run<N extends CommandName>(
  context: CommandContext,
  name: N,
  args: CommandArgs<N>,
  origin: AuditOrigin | undefined,
): Promise<CommandResult<N>> {
  const command = commands[name] as (c: CommandContext, a: CommandArgs<N>) => Promise<CommandResult<N>>;
  if (origin === undefined) return await command(context, args);
  const { db, engine } = context;
  const plain = { db, engine };
  return await runAudited(plain, name, args, origin, () => command(plain, args));
}

/**
 * Runs one command inside an open transaction. With a claim that an earlier call made, gives that call's result, as far
 * as it is still stored.
 * Throwing rolls back the command and its claim. With an origin, what the command does goes into the audit trail.
 */
export async function runCommand<N extends CommandName>(
  context: CommandContext,
  name: N,
  args: CommandArgs<N>,
  wanted: IdempotencyClaim | undefined,
  origin?: AuditOrigin | undefined,
): Promise<Executed<CommandResult<N>>> {
  if (wanted === undefined) return { result: await run(context, name, args, origin), replayed: false };
  const claimed = claimedResultOf(name);
  const earlier = await claim(context, wanted);
  if (earlier !== undefined) {
    return { result: await claimed.restore(context, JSON.parse(earlier) as never), replayed: true };
  }
  // The command gets no `commitsNow`, since its result is still to be stored in the claim.
  const { db, engine } = context;
  const result = await run({ db, engine }, name, args, origin);
  await context.db
    .updateTable('idempotency')
    .set({ result: JSON.stringify(claimed.keep(result) ?? null) })
    .where('scope', '=', wanted.scope)
    .where('key', '=', wanted.key)
    .execute();
  return { result, replayed: false };
}
