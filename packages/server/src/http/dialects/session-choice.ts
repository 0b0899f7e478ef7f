/** Chooses the persona and model of a chat's new session, if the chat has no active one. */
import type { ConversationPrincipal } from '../../auth/principal.ts';
import { AppError, notFound } from '../../domain/errors.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import { findModel, pageActiveModels } from '../../store/queries/models.ts';
import { findOrganization } from '../../store/queries/organizations.ts';
import { findPersona, findRevision } from '../../store/queries/personas.ts';
import type { Store } from '../../store/store.ts';

export interface SessionBasis {
  readonly personaId: number | null;
  readonly personaVersion: number | null;
  readonly modelId: string;
}

type Reads = Store['reads'];

/**
 * Chooses the token's persona, else the active version of the key's default persona, else the organization's default
 * model, else its first active model.
 * @throws AppError not_found (the persona or its version is gone), model_unavailable
 */
export async function chooseSessionBasis(
  reads: Reads,
  principal: ConversationPrincipal,
): Promise<SessionBasis> {
  const { scope } = principal;
  if (principal.kind === 'end-user' && principal.personaId !== null && principal.personaVersion !== null) {
    return onRevision(reads, scope, principal.personaId, principal.personaVersion);
  }
  if (principal.kind === 'api-key' && principal.defaultPersonaId !== null) {
    const persona = await findPersona(reads, scope, { id: principal.defaultPersonaId });
    if (persona === undefined) throw notFound('persona');
    if (persona.activeVersion === null) throw notFound('an active version of the persona');
    return onRevision(reads, scope, persona.id, persona.activeVersion);
  }
  return { personaId: null, personaVersion: null, modelId: await chooseModel(reads, scope) };
}

async function onRevision(
  reads: Reads,
  scope: OrganizationScope,
  personaId: number,
  personaVersion: number,
): Promise<SessionBasis> {
  const revision = await findRevision(reads, scope, personaId, personaVersion);
  if (revision === undefined) throw notFound('persona');
  return { personaId, personaVersion, modelId: revision.modelId };
}

async function chooseModel(reads: Reads, scope: OrganizationScope): Promise<string> {
  const organization = await findOrganization(reads, scope.organizationId);
  const defaultId = organization?.defaultModelId ?? null;
  const byDefault = defaultId === null ? undefined : await findModel(reads, scope, defaultId);
  if (byDefault?.isActive === true) return byDefault.id;
  const [first] = await pageActiveModels(reads, scope, undefined, 1);
  if (first === undefined) throw new AppError('model_unavailable', 'the organization has no active model');
  return first.id;
}
