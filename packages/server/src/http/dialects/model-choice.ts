/** What a request runs on: the persona or the model that its `model` names. */
import { requirePersona } from '../../auth/permissions.ts';
import type { ConversationPrincipal } from '../../auth/principal.ts';
import { AppError } from '../../domain/errors.ts';
import { isUuid } from '../../domain/ids.ts';
import type { PersonaRecord } from '../../domain/persona.ts';
import type { Scope } from '../../domain/scope.ts';
import type { TurnBasis } from '../../generation/turn.ts';
import { findActiveModelNamed, findModel } from '../../store/queries/models.ts';
import { findPersona } from '../../store/queries/personas.ts';
import { findPersonaBasis, findRevisionBasis, type PersonaWithBasis } from '../../store/queries/run-basis.ts';
import type { Database } from '../../store/store.ts';
import { OpenAiError } from './openai/errors.ts';
import { missing } from './read-values.ts';

export interface ModelChoice {
  readonly basis: TurnBasis;
  /** As the answer names it: what was asked for. */
  readonly name: string;
  /** The sampling of the persona's version, if it is one. */
  readonly revision: NonNullable<PersonaWithBasis['basis']['revision']> | undefined;
}

const personaPrefix = 'persona:';
const draftSuffix = '@next';

export function personaModel(alias: string): string {
  return personaPrefix + alias;
}

/** @throws AppError not_found (`model_not_found`), forbidden, invalid_request (none is named, and there is no default) */
export async function chooseModel(
  reads: Database,
  caller: ConversationPrincipal,
  model: string | undefined,
): Promise<ModelChoice> {
  if (caller.kind === 'end-user') return ofToken(reads, caller, model);
  if (model === undefined) return ofDefault(reads, caller);
  if (model.startsWith(personaPrefix)) return ofPersona(reads, caller, model);
  const byId = isUuid(model) ? await findModel(reads, caller.scope, model.toLowerCase()) : undefined;
  const found = byId ?? (await findActiveModelNamed(reads, caller.scope, model));
  if (found === undefined || !found.isActive) throw notFound(model);
  if (caller.kind === 'api-key') requirePersona(caller.personas, null);
  return { basis: { modelId: found.id }, name: model, revision: undefined };
}

function notFound(model: string): OpenAiError {
  return new OpenAiError('model_not_found', `the model ${JSON.stringify(model)} does not exist`, 'model');
}

type EndUser = Extract<ConversationPrincipal, { kind: 'end-user' }>;

async function ofToken(reads: Database, caller: EndUser, model: string | undefined): Promise<ModelChoice> {
  const { personaId, personaVersion: version } = caller;
  if (personaId === null || version === null) throw new AppError('forbidden', 'the token has no persona');
  requirePersona(caller.personas, personaId);
  const persona = await findPersona(reads, caller.scope, { id: personaId });
  if (persona === undefined) throw notFound(model ?? 'the persona of the token');
  const name = personaModel(persona.alias);
  if (model !== undefined && model !== name)
    throw new AppError(
      'forbidden',
      `model must be absent or ${JSON.stringify(name)}: the token is for its persona`,
      {
        field: 'model',
      },
    );
  return { basis: { persona: { personaId, version } }, name, revision: undefined };
}

async function ofDefault(reads: Database, caller: ConversationPrincipal): Promise<ModelChoice> {
  const id = caller.kind === 'api-key' ? caller.defaultPersonaId : null;
  if (id === null) throw missing('model');
  const found = await findPersonaBasis(reads, caller.scope, { id }, 'active');
  return toChoice(caller, found, 'active', 'the default persona of the key');
}

async function ofPersona(
  reads: Database,
  caller: ConversationPrincipal,
  model: string,
): Promise<ModelChoice> {
  const isDraft = model.endsWith(draftSuffix);
  const alias = model.slice(personaPrefix.length, isDraft ? -draftSuffix.length : undefined);
  const mayUseDrafts = caller.kind === 'member' || (caller.kind === 'api-key' && caller.keyType === 'test');
  if (isDraft && !mayUseDrafts)
    throw new AppError('forbidden', `model: ${draftSuffix} is for test keys and members`, { field: 'model' });
  const version = isDraft ? 'next' : 'active';
  return toChoice(caller, await findPersonaBasis(reads, caller.scope, { alias }, version), version, model);
}

function toChoice(
  caller: ConversationPrincipal,
  found: PersonaWithBasis | undefined,
  version: 'active' | 'next',
  model: string,
): ModelChoice {
  if (found === undefined) throw notFound(model);
  const { persona, basis } = found;
  if (caller.kind === 'api-key') requirePersona(caller.personas, persona.id);
  const number = versionOf(persona, version);
  if (number === null || basis.revision === undefined) throw notFound(model);
  const suffix = version === 'next' ? draftSuffix : '';
  return {
    basis: { persona: { personaId: persona.id, version: number, basis } },
    name: personaModel(persona.alias) + suffix,
    revision: basis.revision,
  };
}

function versionOf({ activeVersion, nextVersion }: PersonaRecord, version: 'active' | 'next'): number | null {
  return version === 'active' ? activeVersion : nextVersion;
}

/** What a session is begun with. */
export async function sessionBasis(reads: Database, scope: Scope, basis: TurnBasis) {
  if ('modelId' in basis) return { modelId: basis.modelId, persona: null };
  const { personaId, version } = basis.persona;
  const found = basis.persona.basis ?? (await findRevisionBasis(reads, scope, personaId, version));
  return { modelId: found?.revision?.modelId ?? '', persona: { personaId, version } };
}
