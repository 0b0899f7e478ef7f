/** Operators, and accounts as a whole: the last operator stays. */
import { AppError } from '../../domain/errors.ts';
import { type CommandContext, forUpdate } from '../command-context.ts';
import { dropResetLinks } from './accounts.ts';
import { lockAccount } from './sign-in-sessions.ts';

/** The ids of the sessions whose tokens are worth less than before. */
export interface SessionsOfAccount {
  readonly sessions: readonly string[];
}

async function sessionsOf({ db }: CommandContext, accountId: string): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('sign_in_session')
    .select('id')
    .where('account_id', '=', accountId)
    .execute();
  return rows.map(({ id }) => id);
}

/** @throws AppError conflict for the last one */
async function keepAnOperator(context: CommandContext, id: string): Promise<void> {
  const query = context.db.selectFrom('account').select('id').where('is_operator', '=', 1).orderBy('id');
  const operators = await forUpdate(context, query).execute();
  if (operators.length !== 1 || operators[0]?.id !== id) return;
  throw new AppError('conflict', 'this is the last operator: make another account one first');
}

export interface SetOperator {
  readonly id: string;
  readonly isOperator: boolean;
  readonly now: number;
}

/** @throws AppError not_found, conflict (the last operator) */
export async function setOperator(context: CommandContext, args: SetOperator): Promise<SessionsOfAccount> {
  if (!args.isOperator) await keepAnOperator(context, args.id);
  const { email } = await lockAccount(context, args.id);
  // Whoever could lead the person back in before may not be let into more than that.
  if (args.isOperator) await dropResetLinks(context, email);
  await context.db
    .updateTable('account')
    .set({ is_operator: args.isOperator ? 1 : 0, updated_at: args.now })
    .where('id', '=', args.id)
    .execute();
  return { sessions: args.isOperator ? [] : await sessionsOf(context, args.id) };
}

/** @throws AppError not_found, conflict (the last operator) */
export async function deleteAccount(
  context: CommandContext,
  { id }: { readonly id: string },
): Promise<SessionsOfAccount> {
  await keepAnOperator(context, id);
  const { email } = await lockAccount(context, id);
  const sessions = await sessionsOf(context, id);
  await dropResetLinks(context, email);
  await context.db.deleteFrom('account').where('id', '=', id).execute();
  return { sessions };
}
