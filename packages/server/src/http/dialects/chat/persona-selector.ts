/** Resolves the persona that a request selects, by the table of key types: permission first, then existence. */
import { requirePersona } from '../../../auth/permissions.ts';
import type { ApiKeyPrincipal, EndUserPrincipal } from '../../../auth/principal.ts';
import { AppError, invalid, notFound } from '../../../domain/errors.ts';
import type { VersionType } from '../../../domain/persona.ts';
import type { SessionRecord } from '../../../domain/session.ts';
import type { TurnPersona } from '../../../generation/turn.ts';
import { findPersona } from '../../../store/queries/personas.ts';
import { findPersonaBasis } from '../../../store/queries/run-basis.ts';
import type { Store } from '../../../store/store.ts';

export interface PersonaSelector {
  readonly persona_id?: number;
  readonly alias?: string;
  readonly version_type?: VersionType;
}

export type ChatPrincipal = ApiKeyPrincipal | EndUserPrincipal;
type Reads = Store['reads'];

/**
 * The revision that a new session or token starts with.
 * @throws AppError forbidden, not_found, invalid_request (no selector and no default)
 */
export async function resolveRevision(
  reads: Reads,
  principal: ChatPrincipal,
  selector: PersonaSelector | undefined,
): Promise<TurnPersona> {
  if (principal.kind === 'end-user') {
    if (selector !== undefined) await checkSelectorOfToken(reads, principal, selector);
    const { personaId, personaVersion } = principal;
    if (personaId === null || personaVersion === null) {
      throw invalid('persona', 'the token has no persona');
    }
    requirePersona(principal.personas, personaId);
    return { personaId, version: personaVersion };
  }
  const wantsDraft = selector?.version_type === 'next';
  const where = personaOf(principal, selector ?? {});
  const found = await findPersonaBasis(reads, principal.scope, where, wantsDraft ? 'next' : 'active');
  if (found === undefined) throw notFound('persona');
  const { persona, basis } = found;
  requirePersona(principal.personas, persona.id);
  const version = wantsDraft ? persona.nextVersion : persona.activeVersion;
  if (version === null) throw notFound(`${wantsDraft ? 'a next' : 'an active'} version of the persona`);
  return { personaId: persona.id, version, basis };
}

/**
 * The persona that a continuation selects, to be compared with its session's; undefined without a selector. Versions
 * don't matter, since a session stays on its revision.
 * @throws AppError forbidden, not_found, invalid_request
 */
export async function selectedPersonaId(
  reads: Reads,
  principal: ChatPrincipal,
  selector: PersonaSelector | undefined,
): Promise<number | null | undefined> {
  if (selector === undefined) return undefined;
  if (principal.kind === 'end-user') {
    await checkSelectorOfToken(reads, principal, selector);
    return principal.personaId;
  }
  const persona = await findPersona(reads, principal.scope, personaOf(principal, selector));
  if (persona === undefined) throw notFound('persona');
  requirePersona(principal.personas, persona.id);
  return persona.id;
}

/** @throws AppError not_found (the token is for another persona), invalid_request (another persona is selected) */
export function checkSessionPersona(
  principal: ChatPrincipal,
  session: SessionRecord,
  selected: number | null | undefined,
): void {
  const { personaId } = session;
  if (principal.kind === 'end-user' && personaId !== null && personaId !== principal.personaId) {
    throw notFound('session');
  }
  if (selected === undefined) return;
  if (personaId === null)
    throw invalid('persona', 'persona must be absent, since the session has no persona');
  if (selected !== personaId) throw invalid('persona', "persona must be the session's own");
}

function checkPermitted(principal: ChatPrincipal, selector: PersonaSelector): void {
  if (principal.keyType === 'test') return;
  if (selector.persona_id !== undefined || selector.version_type !== undefined) {
    const credential = principal.kind === 'api-key' ? 'a prod key' : 'a token of a prod key';
    throw new AppError(
      'forbidden',
      `${credential} selects personas by alias; persona_id and version_type are for test keys`,
      { field: 'persona' },
    );
  }
}

function checkForm(selector: PersonaSelector): void {
  if (selector.persona_id !== undefined && selector.alias !== undefined) {
    throw invalid('persona', 'persona takes either persona_id or alias, not both');
  }
}

async function checkSelectorOfToken(
  reads: Reads,
  principal: EndUserPrincipal,
  selector: PersonaSelector,
): Promise<void> {
  checkPermitted(principal, selector);
  checkForm(selector);
  const { persona_id: id, alias } = selector;
  const selected =
    alias === undefined
      ? (id ?? principal.personaId)
      : (await findPersona(reads, principal.scope, { alias }))?.id;
  if (selected !== principal.personaId) {
    throw new AppError('forbidden', 'the token is for another persona', { field: 'persona' });
  }
}

/** @throws AppError forbidden, invalid_request (two selectors, or none and no default) */
function personaOf(
  principal: ApiKeyPrincipal,
  selector: PersonaSelector,
): { readonly id: number } | { readonly alias: string } {
  checkPermitted(principal, selector);
  checkForm(selector);
  const { persona_id: id = principal.defaultPersonaId, alias } = selector;
  if (alias !== undefined) return { alias };
  if (id === null) throw invalid('persona', 'persona is required: the key has no default persona');
  // Whether another persona exists is not told.
  requirePersona(principal.personas, id);
  return { id };
}
