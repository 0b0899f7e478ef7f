/** `/v1/chat/completions`: answers messages; what is stored is listed, shown, changed and deleted. */
import type { FastifyReply } from 'fastify';
import { requireModelChoice } from '../../../../auth/permissions.ts';
import { invalid } from '../../../../domain/errors.ts';
import { completionParameters, parametersOf } from '../../../../domain/request/openai-parameters.ts';
import type { AcceptedGeneration } from '../../../../generation/interface.ts';
import type { TimePlace } from '../../../../store/queries/page.ts';
import { findStoredCompletion, pageStoredCompletions } from '../../../../store/queries/stored-completions.ts';
import { type GrantedRequest, type Route, route } from '../../../routing/route.ts';
import { isNoReconnect } from '../../../streaming/cursor.ts';
import type { DialectDependencies } from '../../dialect-module.ts';
import { chooseModel } from '../../model-choice.ts';
import { reading, writing } from '../access.ts';
import { withProcessingHeaders } from '../headers.ts';
import { readWholeId, wholeId } from '../ids.ts';
import { pageOf, toPage, usualLimit } from '../item-pages.ts';
import { actFor } from '../request/acting.ts';
import { prepareBody } from '../request/body.ts';
import { openAiBodyLimit } from '../request/limits.ts';
import { inputOf } from '../request/own-input.ts';
import { imagesOf } from '../stored-images.ts';
import { readMessages } from './chat-messages.ts';
import * as documentation from './documentation.ts';
import { completionEchoOf } from './echo.ts';
import { type Body, checkBody, optionsOf } from './request.ts';
import { inputMessages, toCompletion } from './resource.ts';
import { findCompletion, showCompletion } from './stored.ts';

const classes = parametersOf(completionParameters);

type ConversationRequest = GrantedRequest<'conversation'>;

export function completionRoutes(dependencies: DialectDependencies): readonly Route[] {
  const { store, engine, turns, authenticator, unknownParameters, now } = dependencies;
  const { reads } = store;

  async function accept(request: ConversationRequest, body: Body): Promise<AcceptedGeneration> {
    await actFor(request, authenticator, body);
    const { basis, name } = await chooseModel(reads, request.caller, body.model);
    const messages = readMessages(body.messages);
    const maxTokens = body.max_completion_tokens ?? body.max_tokens;
    const isStored = body.store === true;
    return turns.accept(request, {
      target: isStored
        ? { kind: 'new-conversation', messages, ...basis }
        : { kind: 'stateless', messages, ...basis },
      dialect: 'completions',
      whenBusy: 'reject',
      options: optionsOf(body, name, messages.length),
      ...(isStored && { metadata: body.metadata ?? {} }),
      ...(body.metadata !== undefined && { promptMetadata: body.metadata }),
      ...(maxTokens !== undefined && { maxTokens }),
    });
  }

  /** A browser must not rewrite the persona's prompt, tools or history. */
  async function refuseEndUsers({ caller }: ConversationRequest): Promise<void> {
    requireModelChoice(caller);
  }

  async function prepare(request: ConversationRequest, reply: FastifyReply): Promise<unknown> {
    await refuseEndUsers(request);
    const attached = await turns.reconnect(request, reply, { dialect: 'completions' });
    if (attached === undefined) prepareBody(request, reply, classes, unknownParameters);
    return attached;
  }

  async function answer(request: ConversationRequest, accepted: AcceptedGeneration, body: Body) {
    const { parts, usage, finishReason } = await turns.answer(request, accepted);
    const { createdAt, parameters, model } = await engine.get(request.scope, accepted.generationId);
    const echo = completionEchoOf(parameters, model.name);
    const { generationId, answerMessageId: messageId } = accepted;
    const metadata = body.metadata ?? (body.store === true ? {} : null);
    return toCompletion({ generationId, messageId, createdAt, echo, parts, usage, finishReason, metadata });
  }

  return [
    route({
      ...writing,
      method: 'POST',
      path: '/v1/chat/completions',
      bodyLimit: openAiBodyLimit,
      schema: documentation.create,
      writes: isNoReconnect,
      preValidation: prepare,
      async handler(request, reply) {
        const { body } = request;
        checkBody(body);
        if (body.stream === true)
          return turns.stream(request, reply, 'completions', () =>
            withProcessingHeaders(reply, accept(request, body)),
          );
        return reply.send(await answer(request, await accept(request, body), body));
      },
    }),
    route({
      ...reading,
      path: '/v1/chat/completions',
      schema: documentation.list,
      preValidation: refuseEndUsers,
      async handler({ scope, query }) {
        const { limit = usualLimit, order = 'asc', after, model } = query;
        const place = after === undefined ? undefined : await findPlace(scope, after);
        const { found, hasMore } = await pageStoredCompletions(reads, scope, {
          ...{ limit, order, after: place, model, metadata: metadataOf(query) },
        });
        const data = await Promise.all(found.map((one) => showCompletion(reads, one)));
        return toPage(data, hasMore);
      },
    }),
    route({
      ...reading,
      path: '/v1/chat/completions/:id',
      schema: documentation.get,
      preValidation: refuseEndUsers,
      handler: async ({ scope, params }, reply) =>
        reply.send(await showCompletion(reads, await findCompletion(reads, scope, params.id))),
    }),
    route({
      ...writing,
      method: 'POST',
      path: '/v1/chat/completions/:id',
      schema: documentation.update,
      preValidation: refuseEndUsers,
      async handler({ scope, params, body }, reply) {
        const { generation } = await findCompletion(reads, scope, params.id);
        const { metadata } = body;
        await store.execute('setGenerationMetadata', { scope, id: generation.id, metadata });
        return reply.send(await showCompletion(reads, { generation, metadata }));
      },
    }),
    route({
      ...writing,
      method: 'DELETE',
      path: '/v1/chat/completions/:id',
      schema: documentation.remove,
      preValidation: refuseEndUsers,
      async handler({ scope, params }) {
        const { generation } = await findCompletion(reads, scope, params.id);
        const { id, messageId } = generation;
        const input = (await inputOf(reads, generation)).map((message) => message.id);
        await engine.settleBeforeDelete([{ messageId }]);
        await store.execute('deleteAnswer', { scope, id: messageId, input, now: now() });
        return { object: 'chat.completion.deleted' as const, id: wholeId('chatcmpl', id), deleted: true };
      },
    }),
    route({
      ...reading,
      path: '/v1/chat/completions/:id/messages',
      schema: documentation.messages,
      preValidation: refuseEndUsers,
      async handler({ scope, params, query }) {
        const { generation } = await findCompletion(reads, scope, params.id);
        const messages = await inputOf(reads, generation);
        const images = await imagesOf(reads, messages);
        return pageOf(
          messages.flatMap((message) => [...inputMessages(message, images)]),
          { order: 'asc', ...query },
        );
      },
    }),
  ];

  async function findPlace(scope: ConversationRequest['scope'], after: string): Promise<TimePlace> {
    const id = readWholeId('chatcmpl', after);
    const found = id && (await findStoredCompletion(reads, scope, id));
    if (!found) throw invalid('after', 'after must be the id of a stored completion');
    return found.generation;
  }
}

/** What `metadata[<key>]=<value>` looks for. */
function metadataOf(query: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const looked = Object.entries(query).flatMap(([name, value]) => {
    const key = /^metadata\[(.+)\]$/.exec(name)?.[1];
    return key === undefined ? [] : [[key, String(value)] as const];
  });
  return Object.fromEntries(looked);
}
