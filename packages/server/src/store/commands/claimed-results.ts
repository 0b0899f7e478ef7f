/**
 * What is stored of the result of a command under an idempotency claim: ids, never a title or a text, so that nothing
 * stays in a claim of what is erased elsewhere. A retry's result is read from the store as it is by then.
 */
import { notFound } from '../../domain/errors.ts';
import type { CommandContext } from '../command-context.ts';
import { toConversation } from '../queries/conversations.ts';
import { toMessage } from '../queries/messages.ts';
import { toSession } from '../queries/sessions.ts';
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

const session = {
  keep: keepId,
  async restore({ db }: CommandContext, { id }: Identified) {
    const row = await db.selectFrom('session').selectAll().where('id', '=', id).executeTakeFirst();
    if (row === undefined) throw notFound('session');
    return toSession(row);
  },
};

/** The commands that can run under a claim. */
export const claimedResults = {
  acceptTurn: asItIs<CommandResult<'acceptTurn'>>(),
  createConversation: {
    keep: keepId,
    async restore({ db }: CommandContext, { id }: Identified) {
      const row = await db.selectFrom('conversation').selectAll().where('id', '=', id).executeTakeFirst();
      if (row === undefined) throw notFound('conversation');
      return toConversation(row);
    },
  },
  createSession: session,
  completeSession: session,
  postMessage: {
    keep: keepId,
    async restore({ db }: CommandContext, { id }: Identified) {
      const row = await db.selectFrom('message').selectAll().where('id', '=', id).executeTakeFirst();
      if (row === undefined) throw notFound('message');
      return toMessage(row);
    },
  },
  ensureEndUser: {
    keep: keepId,
    async restore({ db }: CommandContext, { id }: Identified) {
      const row = await db.selectFrom('end_user').select('id').where('id', '=', id).executeTakeFirst();
      if (row === undefined) throw notFound('user');
      return row;
    },
  },
  createOrganization: asItIs<CommandResult<'createOrganization'>>(),
  createModel: asItIs<CommandResult<'createModel'>>(),
  createPersona: asItIs<CommandResult<'createPersona'>>(),
  submitPersona: asItIs<CommandResult<'submitPersona'>>(),
  rollbackPersona: asItIs<CommandResult<'rollbackPersona'>>(),
  createApiKey: asItIs<CommandResult<'createApiKey'>>(),
  rotateApiKey: asItIs<CommandResult<'rotateApiKey'>>(),
  createMember: asItIs<CommandResult<'createMember'>>(),
} satisfies { readonly [N in CommandName]?: ClaimedResult<CommandResult<N>> };

export type ClaimedCommandName = keyof typeof claimedResults;

/** @throws Error for a command that can't run under a claim */
export function claimedResultOf<N extends CommandName>(name: N): ClaimedResult<CommandResult<N>> {
  const found = (claimedResults as Partial<Record<CommandName, unknown>>)[name];
  if (found === undefined) throw new Error(`${name} takes no idempotency claim`);
  return found as ClaimedResult<CommandResult<N>>;
}
