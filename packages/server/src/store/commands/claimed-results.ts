/**
 * What is stored of the result of a command under an idempotency claim: ids, never a title or a text, so that nothing
 * stays in a claim of what is erased elsewhere. A retry's result is read from the store as it is by then.
 */
import { notFound } from '../../domain/errors.ts';
import type { CommandContext } from '../command-context.ts';
import { toConversation } from '../queries/conversations.ts';
import { toMessage } from '../queries/messages.ts';
import { toSession } from '../queries/sessions.ts';
import type { Database } from '../tables.ts';
import type { CommandName, CommandResult } from './registry.ts';

interface ClaimedResult<R> {
  /** The part of the result that is stored, as JSON. */
  keep(result: R): unknown;
  /** The result from what was kept. @throws AppError not_found if it was deleted meanwhile */
  restore(context: CommandContext, kept: never): Promise<R>;
}

interface Identified {
  readonly id: string;
}

/** For results that are made of ids and numbers alone. */
function asItIs<R>(): ClaimedResult<R> {
  return { keep: (result) => result, restore: async (_context, kept: R) => kept };
}

const keepId = ({ id }: Identified): Identified => ({ id });

/** For results that are one row, which is read again by its id. */
function asRow<Row, R>(
  what: string,
  find: (db: Database, id: string) => Promise<Row | undefined>,
  toResult: (row: Row) => R,
) {
  return {
    keep: keepId,
    async restore({ db }: CommandContext, { id }: Identified): Promise<R> {
      const row = await find(db, id);
      if (row === undefined) throw notFound(what);
      return toResult(row);
    },
  };
}

const session = asRow(
  'session',
  (db, id) => db.selectFrom('session').selectAll().where('id', '=', id).executeTakeFirst(),
  toSession,
);

/** The commands that can run under a claim. */
export const claimedResults = {
  acceptTurn: asItIs<CommandResult<'acceptTurn'>>(),
  createConversation: asRow(
    'conversation',
    (db, id) => db.selectFrom('conversation').selectAll().where('id', '=', id).executeTakeFirst(),
    toConversation,
  ),
  createSession: session,
  completeSession: session,
  forkSession: session,
  postMessage: asRow(
    'message',
    (db, id) => db.selectFrom('message').selectAll().where('id', '=', id).executeTakeFirst(),
    toMessage,
  ),
  ensureEndUser: asRow(
    'user',
    (db, id) => db.selectFrom('end_user').select('id').where('id', '=', id).executeTakeFirst(),
    (row) => row,
  ),
  createOrganization: asItIs<CommandResult<'createOrganization'>>(),
  createModel: asItIs<CommandResult<'createModel'>>(),
  createPersona: asItIs<CommandResult<'createPersona'>>(),
  importPersona: asItIs<CommandResult<'importPersona'>>(),
  submitPersona: asItIs<CommandResult<'submitPersona'>>(),
  rollbackPersona: asItIs<CommandResult<'rollbackPersona'>>(),
  createApiKey: asItIs<CommandResult<'createApiKey'>>(),
  rotateApiKey: asItIs<CommandResult<'rotateApiKey'>>(),
  createMember: asItIs<CommandResult<'createMember'>>(),
  createWebhook: asItIs<CommandResult<'createWebhook'>>(),
  createQuestionSet: asItIs<CommandResult<'createQuestionSet'>>(),
  addQuestion: asItIs<CommandResult<'addQuestion'>>(),
} satisfies { readonly [N in CommandName]?: ClaimedResult<CommandResult<N>> };

export type ClaimedCommandName = keyof typeof claimedResults;

/** @throws Error for a command that can't run under a claim */
export function claimedResultOf<N extends CommandName>(name: N): ClaimedResult<CommandResult<N>> {
  const found = (claimedResults as Partial<Record<CommandName, unknown>>)[name];
  if (found === undefined) throw new Error(`${name} takes no idempotency claim`);
  return found as ClaimedResult<CommandResult<N>>;
}
