/** What a request of `useChat` begins where there is nothing to go on with. */
import type { Static } from 'typebox';
import { invalid } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import type { TurnBasis } from '../../../generation/turn.ts';
import type { Store } from '../../../store/store.ts';
import type { GrantedRequest } from '../../routing/route.ts';
import { chooseModel, sessionBasis } from '../model-choice.ts';
import { resolveRevision, selectorOf } from '../persona-selector.ts';
import { chooseSessionBasis } from '../session-choice.ts';
import type { ChatBody } from './schema.ts';
import type { Beginnings } from './turn.ts';

export interface BeginningDependencies {
  readonly store: Store;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** @throws AppError invalid_request (both a persona and a model) */
export function createBeginnings(
  { caller, scope }: GrantedRequest<'chat'>,
  { persona, model }: Pick<Static<typeof ChatBody>, 'persona' | 'model'>,
  { store, now }: BeginningDependencies,
): Beginnings {
  const { reads } = store;
  const selector = selectorOf(persona);
  if (selector !== undefined && model != null)
    throw invalid('model', 'model must be absent where persona is given');

  async function basis(): Promise<TurnBasis> {
    if (model != null) return (await chooseModel(reads, caller, model)).basis;
    return { persona: await resolveRevision(reads, caller, selector) };
  }

  /** What the request names, else what a chat without a session is answered by. */
  async function basisOfSession() {
    if (selector !== undefined || model != null) return sessionBasis(reads, scope, await basis());
    const { personaId, personaVersion: version, modelId } = await chooseSessionBasis(reads, caller);
    return { modelId, persona: personaId === null || version === null ? null : { personaId, version } };
  }

  return {
    basis,
    async session(conversationId) {
      const { id } = await store.execute('createSession', {
        ...{ scope, id: newId(), conversationId, now: now() },
        ...(await basisOfSession()),
      });
      return id;
    },
  };
}
