/** What `/v1/responses` takes and gives. */
import { Type } from 'typebox';
import { truncations, whenBusyChoices } from '../../../../domain/generation.ts';
import {
  listOrders,
  reasoningSummaries,
  responseStatuses,
} from '../../../../domain/request/openai-parameters.ts';
import { closed, oneOf, orNull } from '../../../openapi/fields.ts';
import { exampleTool, sharedFields, toolsField } from '../request/fields.ts';

export const exampleResponseId = 'resp_019ab1c27d3e7c4f9a105b6c7d8e9f01';
export const exampleConversationId = 'conv_019ab1c27d3e7c4f9a105b6c7d8e9f03';
const exampleItemId = 'msg_019ab1c27d3e7c4f9a105b6c7d8e9f0200';

export const ResponseBody = Type.Object(
  {
    ...sharedFields,
    input: Type.Optional(
      Type.Unknown({
        description:
          'What is said: a text, or items like `{"role": "user", "content": "Hi"}`, `function_call_output`, `item_reference`. May be absent only with `conversation`, where its last message waits for an answer.',
        examples: ['Talk to me'],
      }),
    ),
    instructions: Type.Optional(
      Type.String({
        description: "Follows the persona's prompt, for this answer only.",
        examples: ['Be brief.'],
      }),
    ),
    previous_response_id: Type.Optional(
      Type.String({
        maxLength: 100,
        description: 'The response that this one follows.',
        examples: [exampleResponseId],
      }),
    ),
    conversation: Type.Optional(
      Type.Unknown({
        description: 'The conversation that goes on: its id, or `{"id"}`.',
        examples: [exampleConversationId],
      }),
    ),
    background: Type.Optional(
      Type.Boolean({
        description: 'Whether the call returns at once; look at it again later.',
        examples: [false],
      }),
    ),
    truncation: Type.Optional(
      oneOf(truncations, {
        description: 'Whether a history that is too long is fitted.',
        examples: ['auto'],
      }),
    ),
    max_output_tokens: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Tokens of the answer at most.', examples: [500] }),
    ),
    tools: toolsField(exampleTool),
    text: Type.Optional(
      Type.Object(
        { format: Type.Optional(Type.Unknown()), verbosity: Type.Optional(orNull(Type.String())) },
        {
          description: 'The form of the answer: `format` of the type `text`, `json_object` or `json_schema`.',
          examples: [{ format: { type: 'text' } }],
        },
      ),
    ),
    reasoning: Type.Optional(
      Type.Object(
        {
          effort: Type.Optional(orNull(Type.String({ maxLength: 64 }))),
          summary: Type.Optional(orNull(oneOf(reasoningSummaries, { description: 'Whether it is shown.' }))),
        },
        { description: 'With `summary` the reasoning is shown as an item.', examples: [{ summary: 'auto' }] },
      ),
    ),
    stream_options: Type.Optional(Type.Unknown({ description: 'Without effect: there is no padding.' })),
    include: Type.Optional(
      Type.Array(Type.String(), { description: 'Without effect: what there is, is there.', examples: [[]] }),
    ),
    when_busy: Type.Optional(
      oneOf(whenBusyChoices, {
        description: 'What happens while the conversation is still answering. Ours.',
        examples: ['queue'],
      }),
    ),
  },
  { ...closed, title: 'NewResponse', examples: [{ input: 'Talk to me' }] },
);

export const ResponseId = Type.Object({
  id: Type.String({
    maxLength: 100,
    description: 'The response, or the UUID of its generation.',
    examples: [exampleResponseId],
  }),
});

export const ResponseSchema = Type.Unsafe<{ readonly id: string }>({
  $id: 'Response',
  title: 'Response',
  description: 'A response as OpenAI has it: what was asked, and what was answered so far.',
  type: 'object',
  required: ['id', 'object', 'status', 'output', 'usage'],
  properties: {
    id: { type: 'string', description: 'Names the generation.', examples: [exampleResponseId] },
    object: { const: 'response', description: 'What it is.' },
    status: {
      enum: [...responseStatuses],
      description: 'How far it is.',
    },
    model: { type: 'string', description: 'What was asked for.', examples: ['persona:guide'] },
    output: { type: 'array', items: { type: 'object' }, description: 'Items: messages, calls, reasoning.' },
    usage: { type: ['object', 'null'], description: 'Its tokens, at its end.' },
  },
});

export const ItemListSchema = Type.Unsafe<object>({
  $id: 'ItemList',
  title: 'ItemList',
  description: 'Items of a list.',
  type: 'object',
  required: ['object', 'data', 'first_id', 'last_id', 'has_more'],
  properties: {
    object: { const: 'list', description: 'What it is.' },
    data: { type: 'array', items: { type: 'object' }, description: 'The items.' },
    first_id: { type: ['string', 'null'], description: 'The first id.', examples: [exampleItemId] },
    last_id: { type: ['string', 'null'], description: 'The last id.', examples: [exampleItemId] },
    has_more: { type: 'boolean', description: 'Whether more follow.' },
  },
});

export const ListQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        description: 'Items at most; 20 by default.',
        examples: [20],
      }),
    ),
    order: Type.Optional(
      oneOf(listOrders, { description: 'By age; the newest first by default.', examples: ['desc'] }),
    ),
    after: Type.Optional(
      Type.String({
        maxLength: 100,
        description: 'The item that the page follows.',
        examples: [exampleItemId],
      }),
    ),
    include: Type.Optional(Type.Unknown({ description: 'Without effect.' })),
    'include[]': Type.Optional(Type.Unknown({ description: 'Without effect.' })),
  },
  closed,
);
