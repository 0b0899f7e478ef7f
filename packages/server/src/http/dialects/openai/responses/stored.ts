/** Finds stored responses, and shows them. */
import type { ConversationPrincipal } from '../../../../auth/principal.ts';
import { notFound } from '../../../../domain/errors.ts';
import { isTerminal } from '../../../../domain/generation.ts';
import type { MessagePart } from '../../../../domain/message.ts';
import type { Scope } from '../../../../domain/scope.ts';
import type { GenerationEngine, GenerationView } from '../../../../generation/interface.ts';
import { committedMessage } from '../../../../generation/log/current-text.ts';
import { findMessageParts } from '../../../../store/queries/message-parts.ts';
import type { Store } from '../../../../store/store.ts';
import { audienceOf } from '../../../answer/audience.ts';
import { askedModel, createReasoningRule } from '../../../streaming/facts.ts';
import { failureOf } from '../../../streaming/shown.ts';
import { readWholeId } from '../ids.ts';
import { outputItems } from './output-items.ts';
import { echoOf, type ResponseResource, statusOf, toResponse } from './resource.ts';

export interface Viewer {
  readonly caller: ConversationPrincipal;
  readonly scope: Scope;
}

export interface StoredResponses {
  /** @throws AppError not_found; what is not stored is not found either, unless `unstored` is true */
  find(scope: Scope, id: string, unstored?: boolean): Promise<GenerationView>;
  show(viewer: Viewer, generation: GenerationView): Promise<ResponseResource>;
}

export function createStoredResponses(
  { reads }: Pick<Store, 'reads'>,
  engine: Pick<GenerationEngine, 'get' | 'readEvents'>,
): StoredResponses {
  /** Of a live answer what is committed so far. */
  async function partsOf({ id, messageId, status }: GenerationView): Promise<readonly MessagePart[]> {
    if (isTerminal(status)) return (await findMessageParts(reads, messageId))?.parts ?? [];
    return (await committedMessage(engine, id)).parts();
  }

  return {
    async find(scope, id, unstored = false) {
      const generationId = readWholeId('resp', id);
      if (generationId === undefined) throw notFound('response');
      const generation = await engine.get(scope, generationId);
      if (generation.parameters.prompt !== undefined && !unstored) throw notFound('response');
      return generation;
    },
    async show({ caller, scope }, generation) {
      const { status, finishReason, parameters, messageId, persona } = generation;
      const modelName = (await askedModel(reads, scope, generation))?.name ?? generation.requestedModelId;
      const audience = audienceOf(caller);
      const isAsked = echoOf(parameters, modelName).reasoning.summary !== null;
      const isWhole = statusOf({ status, finishReason }) === 'completed';
      const output = outputItems(messageId, await partsOf(generation), {
        last: isWhole ? 'completed' : isTerminal(status) ? 'incomplete' : 'in_progress',
        showsReasoning: isAsked && (await createReasoningRule(reads, scope, caller)(persona)),
      });
      const failure = isTerminal(status)
        ? failureOf({ status, error: generation.error }, audience)
        : undefined;
      return toResponse(
        {
          generationId: generation.id,
          conversationId: generation.conversationId,
          createdAt: generation.createdAt,
          ...{ modelName, parameters, audience },
        },
        {
          ...{ status, finishReason, output },
          finishedAt: generation.finishedAt,
          failure: failure ?? null,
          usage: isTerminal(status) ? generation.usage : null,
        },
      );
    },
  };
}
