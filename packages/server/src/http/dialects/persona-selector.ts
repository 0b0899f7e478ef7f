/** Resolves the persona that a request selects, by the table of key types: permission first, then existence. */
import { requirePersona } from '../../auth/permissions.ts';
import type { ApiKeyPrincipal, EndUserPrincipal, MemberPrincipal } from '../../auth/principal.ts';
import { AppError, invalid, notFound } from '../../domain/errors.ts';
import type { VersionType } from '../../domain/persona.ts';
import type { SessionRecord } from '../../domain/session.ts';
import type { TurnPersona } from '../../generation/turn.ts';
import { findPersona } from '../../store/queries/personas.ts';
import { findPersonaBasis } from '../../store/queries/run-basis.ts';
import type { Store } from '../../store/store.ts';

export interface PersonaSelector {
  readonly persona_id?: number;
  readonly alias?: string;
  readonly version_type?: VersionType;
}

/** A selector as clients send it: a text is an alias, null is absent, `version_tag` another name of `version_type`. */
export type GivenSelector =
  | string
  | null
  | {
      readonly persona_id?: number | null;
      readonly alias?: string | null;
      readonly version_type?: VersionType | null;
      readonly version_tag?: VersionType | null;
    };

/** @throws AppError invalid_request (two versions) */
export function selectorOf(given: GivenSelector | undefined): PersonaSelector | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given === 'string') return { alias: given };
  const { persona_id: id, alias, version_type: type, version_tag: tag } = given;
  if (type != null && tag != null && type !== tag)
    throw invalid('persona.version_tag', 'persona.version_tag and persona.version_type name two versions');
  const version = type ?? tag;
  const selector = {
    ...(id != null && { persona_id: id }),
    ...(alias != null && { alias }),
    ...(version != null && { version_type: version }),
  };
  return Object.keys(selector).length === 0 ? undefined : selector;
}

/** Callers who choose personas. Members choose as test keys do. */
export type ChatPrincipal = ApiKeyPrincipal | EndUserPrincipal | MemberPrincipal;
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
  requirePersona(heldTo(principal), persona.id);
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
  requirePersona(heldTo(principal), persona.id);
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
  if (principal.kind === 'member' || principal.keyType === 'test') return;
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

/** The personas that a key is held to; null: all. */
function heldTo(principal: ApiKeyPrincipal | MemberPrincipal): readonly number[] | null {
  return principal.kind === 'member' ? null : principal.personas;
}

/** @throws AppError forbidden, invalid_request (two selectors, or none and no default) */
function personaOf(
  principal: ApiKeyPrincipal | MemberPrincipal,
  selector: PersonaSelector,
): { readonly id: number } | { readonly alias: string } {
  checkPermitted(principal, selector);
  checkForm(selector);
  const own = principal.kind === 'member' ? null : principal.defaultPersonaId;
  const { persona_id: id = own, alias } = selector;
  if (alias !== undefined) return { alias };
  if (id === null) {
    const why = principal.kind === 'member' ? 'a member has none' : 'the key has no default persona';
    throw invalid('persona', `persona is required: ${why}`);
  }
  // Whether another persona exists is not told.
  requirePersona(heldTo(principal), id);
  return { id };
}
