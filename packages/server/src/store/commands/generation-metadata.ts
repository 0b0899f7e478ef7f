/** Changes what clients keep with a generation. */
import { notFound } from '../../domain/errors.ts';
import type { Scope } from '../../domain/scope.ts';
import type { CommandContext } from '../command-context.ts';
import { isInScope } from '../queries/scope.ts';

export interface SetGenerationMetadata {
  readonly scope: Scope;
  readonly id: string;
  /** All of it is replaced. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Only a generation that has metadata, be it empty, gets others. @throws AppError not_found */
export async function setGenerationMetadata(
  { db }: CommandContext,
  { scope, id, metadata }: SetGenerationMetadata,
): Promise<null> {
  const found = await db
    .selectFrom('generation')
    .select(['organization_id', 'environment', 'end_user_id', 'metadata'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (found === undefined || found.metadata === null || !isInScope(found, scope))
    throw notFound('generation');
  await db
    .updateTable('generation')
    .set({ metadata: JSON.stringify(metadata) })
    .where('id', '=', id)
    .execute();
  return null;
}
