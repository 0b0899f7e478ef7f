/** `/v1/responses`: answers an input, and shows, cancels and deletes what was answered. */
import type { FastifyReply } from 'fastify';
import { AppError } from '../../../../domain/errors.ts';
import {
  endUserParameters,
  parametersOf,
  responseParameters,
} from '../../../../domain/request/openai-parameters.ts';
import type { AcceptedGeneration } from '../../../../generation/interface.ts';
import { type GrantedRequest, type Route, route } from '../../../routing/route.ts';
import { isNoReconnect, lastEventId } from '../../../streaming/cursor.ts';
import type { DialectDependencies } from '../../dialect-module.ts';
import { chooseModel } from '../../model-choice.ts';
import { reading, writing } from '../access.ts';
import { withProcessingHeaders } from '../headers.ts';
import { wholeId } from '../ids.ts';
import { pageOf } from '../item-pages.ts';
import { actFor } from '../request/acting.ts';
import { prepareBody } from '../request/body.ts';
import { openAiBodyLimit } from '../request/limits.ts';
import { inputOf } from '../request/own-input.ts';
import { imagesOf } from '../stored-images.ts';
import * as documentation from './documentation.ts';
import { itemsOf } from './input-items.ts';
import { countInputTokens, refuseEndUsers } from './input-tokens.ts';
import { createStoredResponses } from './stored.ts';
import { type Body, checkBody, checkEndUser, optionsOf } from './turn/request.ts';
import { placeTurn } from './turn/where.ts';

const classes = parametersOf(responseParameters);

type ConversationRequest = GrantedRequest<'conversation'>;

export function responseRoutes(dependencies: DialectDependencies): readonly Route[] {
  const { store, engine, turns, attach, authenticator, unknownParameters, now } = dependencies;
  const { reads } = store;
  const stored = createStoredResponses(store, engine);

  async function accept(request: ConversationRequest, body: Body): Promise<AcceptedGeneration> {
    await actFor(request, authenticator, body);
    const { scope } = request;
    const choice = await chooseModel(reads, request.caller, body.model);
    const whenBusy = body.when_busy ?? 'reject';
    const placed = await placeTurn(body, {
      ...{ store, scope, basis: choice.basis, whenBusy, now },
      isStored: body.store !== false,
    });
    const { target } = placed;
    return turns.accept(request, {
      target,
      dialect: 'responses',
      whenBusy,
      options: optionsOf(body, choice, placed),
      ...(target.kind !== 'new-conversation' && target.kind !== 'stateless' && { runsOn: choice.basis }),
      ...(body.metadata !== undefined && { metadata: body.metadata }),
      ...(body.max_output_tokens !== undefined && { maxTokens: body.max_output_tokens }),
    });
  }

  async function prepare(request: ConversationRequest, reply: FastifyReply): Promise<unknown> {
    const attached = await turns.reconnect(request, reply, { dialect: 'responses' });
    if (attached !== undefined) return attached;
    if (request.caller.kind === 'end-user') checkEndUser(request.body, endUserParameters);
    prepareBody(request, reply, classes, unknownParameters);
    return undefined;
  }

  return [
    route({
      ...writing,
      method: 'POST',
      path: '/v1/responses',
      bodyLimit: openAiBodyLimit,
      schema: documentation.create,
      writes: isNoReconnect,
      preValidation: prepare,
      async handler(request, reply) {
        const { body } = request;
        checkBody(body);
        if (body.stream === true)
          return turns.stream(request, reply, 'responses', () =>
            withProcessingHeaders(reply, accept(request, body)),
          );
        const accepted = await accept(request, body);
        if (body.background !== true) await turns.answer(request, accepted);
        const generation = await engine.get(request.scope, accepted.generationId);
        return reply.send(await stored.show(request, generation));
      },
    }),
    route({
      ...writing,
      method: 'POST',
      path: '/v1/responses/input_tokens',
      bodyLimit: openAiBodyLimit,
      schema: documentation.countInput,
      async preValidation(request, reply) {
        refuseEndUsers(request);
        prepareBody(request, reply, classes, unknownParameters);
      },
      async handler(request) {
        return countInputTokens(request, request.body, { store, engine });
      },
    }),
    route({
      ...reading,
      path: '/v1/responses/:id',
      isEssential: true,
      schema: documentation.get,
      async handler(request, reply) {
        const { scope, params, query } = request;
        const generation = await stored.find(scope, params.id);
        if (query.stream !== true) return reply.send(await stored.show(request, generation));
        return attach(reply, {
          ...{ scope, generationId: generation.id, view: 'responses', cursor: lastEventId(request) },
          ...(query.starting_after !== undefined && { skipFrames: query.starting_after + 1 }),
        });
      },
    }),
    route({
      ...writing,
      method: 'POST',
      path: '/v1/responses/:id/cancel',
      isEssential: true,
      schema: documentation.cancel,
      async handler(request) {
        const { scope, params } = request;
        const { id } = await stored.find(scope, params.id, true);
        return stored.show(request, await engine.cancel(scope, id));
      },
    }),
    route({
      ...writing,
      method: 'DELETE',
      path: '/v1/responses/:id',
      schema: documentation.remove,
      async handler({ scope, params }) {
        const generation = await stored.find(scope, params.id);
        const input = (await inputOf(reads, generation)).map(({ id }) => id);
        await engine.settleBeforeDelete([{ messageId: generation.messageId }]);
        await store.execute('deleteAnswer', { scope, id: generation.messageId, input, now: now() });
        return { id: wholeId('resp', generation.id), object: 'response' as const, deleted: true as const };
      },
    }),
    route({
      ...reading,
      path: '/v1/responses/:id/input_items',
      schema: documentation.inputItems,
      async handler({ caller, scope, params, query }) {
        const generation = await stored.find(scope, params.id);
        if (caller.kind === 'end-user')
          throw new AppError(
            'forbidden',
            "an end user's token reads its conversations, not what a program has sent",
          );
        const messages = await inputOf(reads, generation);
        const images = await imagesOf(reads, messages);
        return pageOf(
          messages.flatMap((message) => itemsOf(message, 'completed', images)),
          query,
        );
      },
    }),
  ];
}
