/** The models that a model or a persona's version names to be tried in its place. */
import { AppError, invalid } from '../../domain/errors.ts';
import { maxFallbacks } from '../../domain/model.ts';
import type { CommandContext } from '../command-context.ts';
import { lockModel } from './organizations.ts';

/**
 * Checks the ids that stand in for `modelId`, and locks their models so that none is deleted before the commit.
 * @throws AppError invalid_request
 */
export async function checkFallbacks(
  context: CommandContext,
  organizationId: string,
  modelId: string,
  fallbacks: readonly string[],
): Promise<void> {
  const refuse = (why: string): never => {
    throw invalid('fallbacks', `fallbacks: ${why}`);
  };
  if (fallbacks.length > maxFallbacks) refuse(`there may be at most ${maxFallbacks}`);
  if (new Set(fallbacks).size < fallbacks.length) refuse('no model may stand there twice');
  if (fallbacks.includes(modelId)) refuse('a model is no fallback of its own');
  for (const id of fallbacks.toSorted()) await lockModel(context, organizationId, id, 'fallbacks');
}

/** How JSON that lists ids contains one of them, as a pattern of `like`. Ids are UUIDs, which hold no wildcard. */
function contains(id: string): string {
  return `%"${id}"%`;
}

/**
 * Refuses to go on where a model is another one's fallback, or that of a persona's draft or active version.
 * @throws AppError in_use
 */
export async function checkIsNoFallback(
  { db }: CommandContext,
  organizationId: string,
  id: string,
): Promise<void> {
  const models = await db
    .selectFrom('model')
    .select('name')
    .where('organization_id', '=', organizationId)
    .where('fallbacks', 'like', contains(id))
    .orderBy('id')
    .execute();
  if (models.length > 0)
    refuse(
      'model',
      models.map(({ name }) => name),
    );
  const personas = await db
    .selectFrom('persona')
    .innerJoin('persona_version', 'persona_version.persona_id', 'persona.id')
    .select('persona.alias')
    .distinct()
    .where('persona.organization_id', '=', organizationId)
    .where('persona_version.fallbacks', 'like', contains(id))
    .where((eb) =>
      eb.or([
        eb('persona_version.version', '=', eb.ref('persona.active_version')),
        eb('persona_version.version', '=', eb.ref('persona.next_version')),
      ]),
    )
    .orderBy('persona.alias')
    .execute();
  if (personas.length > 0)
    refuse(
      'persona',
      personas.map(({ alias }) => alias),
    );
}

function refuse(kind: 'model' | 'persona', names: readonly string[]): never {
  const plural = names.length > 1 ? 's' : '';
  throw new AppError('in_use', `the model is a fallback of the ${kind}${plural} ${names.join(', ')}`);
}
