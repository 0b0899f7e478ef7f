/** The operations on conversations and their items, as they validate and as `/docs` shows them. */
import { type TSchema, Type } from 'typebox';
import { closed, IdempotencyHeader } from '../../../openapi/fields.ts';
import { openAiErrorResponses } from '../error-responses.ts';
import { MetadataBody, MetadataField } from '../request/fields.ts';
import { exampleConversationId, ListQuery } from '../responses/schema.ts';

const common = { tags: ['responses'] };
const exampleItemId = 'msg_019ab1c27d3e7c4f9a105b6c7d8e9f0200';

const ConversationId = Type.Object({
  id: Type.String({ maxLength: 100, description: 'The conversation.', examples: [exampleConversationId] }),
});
const ItemId = Type.Object({
  ...ConversationId.properties,
  item: Type.String({ maxLength: 100, description: 'The item.', examples: [exampleItemId] }),
});

const itemsField = (minItems: number) =>
  Type.Array(Type.Unknown(), {
    ...{ minItems, maxItems: 20 },
    description: 'Items as in the `input` of a response.',
    examples: [[{ role: 'user', content: 'Talk to me' }]],
  });

export const OpenAiConversationSchema = Type.Object(
  {
    id: Type.String({ description: 'Names the conversation.', examples: [exampleConversationId] }),
    object: Type.Literal('conversation', { description: 'What it is.' }),
    created_at: Type.Integer({ description: 'Unix seconds.', examples: [1_764_188_000] }),
    metadata: MetadataField,
  },
  { $id: 'OpenAiConversation', title: 'OpenAiConversation', description: 'A conversation, of any dialect.' },
);

const example = {
  id: exampleConversationId,
  object: 'conversation',
  created_at: 1_764_188_000,
  metadata: { topic: 'billing' },
};

function answer(schema: TSchema, shown: object) {
  return { description: 'The answer.', content: { 'application/json': { schema, example: shown } } };
}

const conversation = answer(Type.Ref('OpenAiConversation#'), example);
const items = Type.Ref('ItemList#');

export const create = {
  ...common,
  operationId: 'createOpenAiConversation',
  summary: 'Begin a conversation',
  description: 'With items, or without any.',
  headers: Type.Object(IdempotencyHeader),
  body: Type.Object(
    { items: Type.Optional(itemsField(0)), metadata: Type.Optional(MetadataField) },
    { ...closed, title: 'NewOpenAiConversation', examples: [{ metadata: { topic: 'billing' } }] },
  ),
  response: { 200: conversation, ...openAiErrorResponses(400, 401, 403, 409, 413, 429) },
};

export const get = {
  ...common,
  operationId: 'getOpenAiConversation',
  summary: 'Get a conversation',
  description: 'Of any dialect.',
  params: ConversationId,
  response: { 200: conversation, ...openAiErrorResponses(401, 403, 404) },
};

export const update = {
  ...common,
  operationId: 'updateOpenAiConversation',
  summary: 'Change the metadata of a conversation',
  description: 'All of it is replaced.',
  params: ConversationId,
  body: MetadataBody,
  response: { 200: conversation, ...openAiErrorResponses(400, 401, 403, 404, 413, 429) },
};

export const remove = {
  ...common,
  operationId: 'deleteOpenAiConversation',
  summary: 'Delete a conversation',
  description: 'With everything in it.',
  params: ConversationId,
  response: {
    200: answer(
      Type.Object(
        {
          id: Type.String({ description: 'The conversation.', examples: [exampleConversationId] }),
          object: Type.Literal('conversation.deleted', { description: 'What it was.' }),
          deleted: Type.Boolean({ description: 'It is gone: true.', examples: [true] }),
        },
        { title: 'DeletedOpenAiConversation', description: 'It is gone.' },
      ),
      { id: exampleConversationId, object: 'conversation.deleted', deleted: true },
    ),
    ...openAiErrorResponses(400, 401, 403, 404, 429),
  },
};

export const addItems = {
  ...common,
  operationId: 'createConversationItems',
  summary: 'Add items to a conversation',
  description: 'At its end; no answer is started.',
  params: ConversationId,
  body: Type.Object({ items: itemsField(1) }, { ...closed, title: 'NewItems' }),
  response: { 200: items, ...openAiErrorResponses(400, 401, 403, 404, 413, 429) },
};

export const listItems = {
  ...common,
  operationId: 'listConversationItems',
  summary: "List a conversation's items",
  description: 'All of them, alternatives too, whoever wrote them.',
  params: ConversationId,
  querystring: ListQuery,
  response: { 200: items, ...openAiErrorResponses(400, 401, 403, 404) },
};

export const getItem = {
  ...common,
  operationId: 'getConversationItem',
  summary: 'Get an item',
  description: 'A message, a call, or its result.',
  params: ItemId,
  response: {
    200: Type.Unsafe<object>({ type: 'object', title: 'Item', description: 'The item.' }),
    ...openAiErrorResponses(401, 403, 404),
  },
};

export const removeItem = {
  ...common,
  operationId: 'deleteConversationItem',
  summary: 'Delete an item',
  description: 'With the message whose part it is.',
  params: ItemId,
  response: { 200: conversation, ...openAiErrorResponses(400, 401, 403, 404, 429) },
};
