/** Makes a persona with its versions at once: a copy of another one, or one from a file. */
import type { Creator } from '../../domain/scope.ts';
import type { CommandContext } from '../command-context.ts';
import { checkFallbacks } from './fallbacks.ts';
import { lockModel } from './organizations.ts';
import { addVersion, type CreatePersona, createPersona, type NewRevision, toColumns } from './personas.ts';

export interface ImportPersona extends CreatePersona {
  /** The version in production; null: there is none. */
  readonly active: NewRevision | null;
  /** The draft; null: there is none. */
  readonly next: NewRevision | null;
  readonly createdBy: Creator;
}

/** @throws AppError conflict (alias), invalid_request */
export async function importPersona(
  context: CommandContext,
  args: ImportPersona,
): Promise<{ readonly id: number }> {
  const { active, next, organizationId, now } = args;
  const { id } = await createPersona(context, args);
  let last = 0;
  const add = async (revision: NewRevision, submittedAt: number | null): Promise<number> => {
    const { modelId, fallbacks } = revision;
    await lockModel(context, organizationId, modelId, 'model_id');
    await checkFallbacks(context, organizationId, modelId, fallbacks);
    const columns = toColumns(revision, args.createdBy);
    last = await addVersion(context, { id, last_version: last }, columns, submittedAt, now);
    return last;
  };
  const activeVersion = active && (await add(active, now));
  const nextVersion = next && (await add(next, null));
  await context.db
    .updateTable('persona')
    .set({ active_version: activeVersion, next_version: nextVersion, last_version: last })
    .where('id', '=', id)
    .execute();
  return { id };
}
