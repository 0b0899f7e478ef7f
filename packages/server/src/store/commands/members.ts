/** Members of organizations. */
import { AppError, notFound } from '../../domain/errors.ts';
import type { Role } from '../../domain/organization.ts';
import { type CommandContext, forUpdate } from '../command-context.ts';
import { deleteLoneAccounts } from './accounts.ts';

export interface CreateMember {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  /** E-mail address, in lower case. */
  readonly email: string;
  readonly role: Role;
  readonly now: number;
}

function emailTaken(email: string): AppError {
  return new AppError('conflict', `email: the organization has a member ${email} already`, {
    field: 'email',
  });
}

/** @throws AppError conflict (email) */
export async function createMember(
  context: CommandContext,
  args: CreateMember,
): Promise<{ readonly id: string }> {
  const made = await context.db
    .insertInto('member')
    .values({
      id: args.id,
      organization_id: args.organizationId,
      name: args.name,
      email: args.email,
      role: args.role,
      created_at: args.now,
      updated_at: args.now,
      account_id: null,
    })
    .onConflict((conflict) => conflict.columns(['organization_id', 'email']).doNothing())
    .returning('id')
    .execute();
  if (made.length === 0) throw emailTaken(args.email);
  return { id: args.id };
}

export interface UpdateMember {
  readonly organizationId: string;
  readonly id: string;
  readonly changes: { readonly name?: string; readonly email?: string; readonly role?: Role };
  readonly now: number;
}

/** @throws AppError not_found, conflict (email, or the last owner's role) */
export async function updateMember(context: CommandContext, args: UpdateMember): Promise<null> {
  const { db } = context;
  const { email } = args.changes;
  if (email !== undefined) {
    const other = await db
      .selectFrom('member')
      .select('id')
      .where('organization_id', '=', args.organizationId)
      .where('email', '=', email)
      .where('id', '!=', args.id)
      .executeTakeFirst();
    if (other !== undefined) throw emailTaken(email);
  }
  const { role } = args.changes;
  if (role !== undefined && role !== 'owner') await keepAnOwner(context, args);
  const updated = await db
    .updateTable('member')
    .set({ ...args.changes, updated_at: args.now })
    .where('id', '=', args.id)
    .where('organization_id', '=', args.organizationId)
    .returning('id')
    .execute();
  if (updated.length === 0) throw notFound('member');
  return null;
}

/** An organization whose owners sign in keeps one who can. @throws AppError conflict for the last one */
async function keepAnOwner(
  context: CommandContext,
  { organizationId, id }: { readonly organizationId: string; readonly id: string },
): Promise<void> {
  const query = context.db
    .selectFrom('member')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('role', '=', 'owner')
    .where('account_id', 'is not', null)
    .orderBy('id');
  const owners = await forUpdate(context, query).execute();
  if (owners.length !== 1 || owners[0]?.id !== id) return;
  throw new AppError('conflict', 'this is the last owner who can sign in: make another member owner first');
}

/**
 * Deletes a member, whose tokens stop working, and with the last one of an account the account.
 * @throws AppError not_found, conflict (the last owner)
 */
export async function deleteMember(
  context: CommandContext,
  args: { readonly organizationId: string; readonly id: string },
): Promise<null> {
  await keepAnOwner(context, args);
  const deleted = await context.db
    .deleteFrom('member')
    .where('id', '=', args.id)
    .where('organization_id', '=', args.organizationId)
    .returning('account_id')
    .execute();
  if (deleted.length === 0) throw notFound('member');
  await deleteLoneAccounts(
    context,
    deleted.flatMap(({ account_id: id }) => id ?? []),
  );
  return null;
}
