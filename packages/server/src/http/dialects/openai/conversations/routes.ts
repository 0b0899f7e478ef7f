/** `/v1/conversations`: conversations of every dialect, and their messages as items. */

import { requireAssistantWords } from '../../../../auth/permissions.ts';
import { accountOf, creatorOf } from '../../../../auth/principal.ts';
import { AppError, notFound } from '../../../../domain/errors.ts';
import { newId } from '../../../../domain/ids.ts';
import type { Scope } from '../../../../domain/scope.ts';
import { committedMessage } from '../../../../generation/log/current-text.ts';
import { toNewMessage } from '../../../../generation/turns/new-messages.ts';
import type { NewTurnMessage } from '../../../../store/commands/new-turn.ts';
import {
  type ConversationRecord,
  findConversationRow,
  toConversation,
} from '../../../../store/queries/conversations.ts';
import { findWholeMessage } from '../../../../store/queries/messages.ts';
import { pageActiveModels } from '../../../../store/queries/models.ts';
import { idempotencyClaim } from '../../../request/idempotency.ts';
import { type GrantedRequest, type Route, route } from '../../../routing/route.ts';
import type { DialectDependencies } from '../../dialect-module.ts';
import { chooseModel, sessionBasis } from '../../model-choice.ts';
import { isFields } from '../../read-values.ts';
import { reading, writing } from '../access.ts';
import { readItemId, readWholeId, wholeId } from '../ids.ts';
import { toPage } from '../item-pages.ts';
import { openAiBodyLimit } from '../request/limits.ts';
import { toChain } from '../request/turn-chain.ts';
import type { Item } from '../responses/input-items.ts';
import { readInput } from '../responses/turn/input.ts';
import { toSeconds } from '../seconds.ts';
import * as documentation from './documentation.ts';
import { itemsOfMessage, noItem, pageItems } from './items.ts';

const untitled = 'New conversation';

export function conversationRoutes({ store, engine, now }: DialectDependencies): readonly Route[] {
  const { reads } = store;

  async function find(scope: Scope, id: string) {
    const uuid = readWholeId('conv', id);
    const row = uuid && (await findConversationRow(reads, scope, uuid));
    if (!row) throw notFound('conversation');
    return { conversation: toConversation(row), end: row.next_position };
  }

  async function live(generationId: string) {
    return (await committedMessage(engine, generationId)).parts();
  }

  /** Stores messages behind what is there, and gives them as the items that are stored. */
  async function add(
    request: GrantedRequest<'conversation'>,
    conversationId: string,
    messages: readonly NewTurnMessage[],
  ): Promise<readonly Item[]> {
    const { caller, scope } = request;
    if (messages.length === 0) return [];
    const { basis } = await chooseModel(reads, caller, undefined).catch(() => firstModel(request));
    const { modelId, persona } = await sessionBasis(reads, scope, basis);
    const { apiKeyId, limits } = accountOf(caller);
    await store.execute('addMessages', {
      ...{ scope, conversationId, messages, apiKeyId, limits, now: now() },
      newSession: {
        ...{ id: newId(), modelId },
        personaId: persona?.personaId ?? null,
        personaVersion: persona?.version ?? null,
      },
    });
    const stored = await Promise.all(messages.map(({ id }) => findWholeMessage(reads, conversationId, id)));
    const shown = stored.flatMap((message) =>
      message === undefined ? [] : [itemsOfMessage(reads, live, message)],
    );
    return (await Promise.all(shown)).flat();
  }

  /** What a session without a default is begun with: the oldest active model. */
  async function firstModel({ caller }: GrantedRequest<'conversation'>) {
    const [model] = await pageActiveModels(reads, caller.scope, undefined, 1);
    if (model === undefined)
      throw new AppError('conflict', 'there is no active model to begin a session with');
    return { basis: { modelId: model.id } };
  }

  return [
    route({
      ...writing,
      method: 'POST',
      path: '/v1/conversations',
      bodyLimit: openAiBodyLimit,
      schema: documentation.create,
      preValidation: emptyIsNothing,
      async handler(request, reply) {
        const { caller, scope } = request;
        const { items = [], metadata = {} } = request.body;
        const messages = readNewItems(request, items);
        const { result, replayed } = await store.executeOnce(
          'createConversation',
          {
            ...{ scope, id: newId(), title: untitled, isUntitled: true, isArchived: false, metadata },
            ...{ createdBy: creatorOf(caller), now: now() },
          },
          idempotencyClaim(request, caller, now()),
        );
        if (!replayed) await add(request, result.id, messages);
        return reply.send(toResource(result));
      },
    }),
    route({
      ...reading,
      path: '/v1/conversations/:id',
      schema: documentation.get,
      handler: async ({ scope, params }, reply) =>
        reply.send(toResource((await find(scope, params.id)).conversation)),
    }),
    route({
      ...writing,
      method: 'POST',
      path: '/v1/conversations/:id',
      schema: documentation.update,
      async handler({ scope, params, body }, reply) {
        const { conversation } = await find(scope, params.id);
        const changes = { metadata: body.metadata, updatedAt: conversation.updatedAt };
        const changed = { scope, id: conversation.id, changes, now: now() };
        return reply.send(toResource(await store.execute('updateConversation', changed)));
      },
    }),
    route({
      ...writing,
      method: 'DELETE',
      path: '/v1/conversations/:id',
      schema: documentation.remove,
      async handler({ scope, params }) {
        const { conversation } = await find(scope, params.id);
        const { id } = conversation;
        await engine.settleBeforeDelete([{ conversationId: id }]);
        await store.execute('deleteConversation', { scope, id, now: now() });
        return { id: wholeId('conv', id), object: 'conversation.deleted' as const, deleted: true };
      },
    }),
    route({
      ...writing,
      method: 'POST',
      path: '/v1/conversations/:id/items',
      bodyLimit: openAiBodyLimit,
      schema: documentation.addItems,
      async handler(request) {
        const { conversation } = await find(request.scope, request.params.id);
        const data = await add(request, conversation.id, readNewItems(request, request.body.items));
        return toPage(data, false);
      },
    }),
    route({
      ...reading,
      path: '/v1/conversations/:id/items',
      schema: documentation.listItems,
      async handler({ scope, params, query }) {
        const { conversation, end } = await find(scope, params.id);
        return pageItems(reads, live, { ...query, conversationId: conversation.id, end });
      },
    }),
    route({
      ...reading,
      path: '/v1/conversations/:id/items/:item',
      schema: documentation.getItem,
      async handler({ scope, params }) {
        const { conversation } = await find(scope, params.id);
        const named = readItemId(params.item);
        const message = named && (await findWholeMessage(reads, conversation.id, named.messageId));
        const items = message ? await itemsOfMessage(reads, live, message) : [];
        const found = items.find(({ id }) => id === params.item.toLowerCase());
        if (found === undefined) throw noItem(params.item);
        return found;
      },
    }),
    route({
      ...writing,
      method: 'DELETE',
      path: '/v1/conversations/:id/items/:item',
      schema: documentation.removeItem,
      async handler({ scope, params }, reply) {
        const { conversation } = await find(scope, params.id);
        const named = readItemId(params.item);
        const message = named && (await findWholeMessage(reads, conversation.id, named.messageId));
        if (!message) throw noItem(params.item);
        await engine.settleBeforeDelete([{ messageId: message.id }]);
        await store.execute('deleteMessage', { scope, id: message.id, now: now() });
        return reply.send(toResource((await find(scope, params.id)).conversation));
      },
    }),
  ];
}

/** @throws AppError invalid_request, forbidden (an end user adds more than what the user says) */
function readNewItems(
  { caller }: GrantedRequest<'conversation'>,
  items: readonly unknown[],
): readonly NewTurnMessage[] {
  if (items.length === 0) return [];
  const entries = readInput(items, 'items').map((entry) => {
    if ('reference' in entry)
      throw new AppError('invalid_request', `${entry.path} must be a whole item`, { field: entry.path });
    if (entry.role !== 'user') requireAssistantWords(caller);
    return entry;
  });
  const results = entries.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === 'tool-result' ? [part.id] : [])),
  );
  return toChain(entries, new Set(results)).map(toNewMessage);
}

/** Everything may be absent, so an empty body is one without fields; null is absent. */
async function emptyIsNothing(request: GrantedRequest<'conversation'>): Promise<void> {
  const { body = {} } = request;
  if (!isFields(body)) return;
  request.body = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

function toResource({ id, createdAt, metadata }: ConversationRecord) {
  return {
    id: wholeId('conv', id),
    object: 'conversation' as const,
    created_at: toSeconds(createdAt),
    metadata: metadata as Record<string, string>,
  };
}
