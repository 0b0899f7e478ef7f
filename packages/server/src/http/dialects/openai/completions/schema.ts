/** What `/v1/chat/completions` takes and gives. */
import { Type } from 'typebox';
import { listOrders } from '../../../../domain/request/openai-parameters.ts';
import { closed, oneOf } from '../../../openapi/fields.ts';
import { exampleTool, sharedFields, toolsField } from '../request/fields.ts';

export const exampleCompletionId = 'chatcmpl-019ab1c27d3e7c4f9a105b6c7d8e9f01';

const tokens = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 1, description, examples: [500] }));

export const CompletionBody = Type.Object(
  {
    ...sharedFields,
    messages: Type.Array(Type.Unknown(), {
      minItems: 1,
      description:
        'What was said: messages of the roles `system`, `developer`, `user`, `assistant` and `tool`, with texts and images.',
      examples: [[{ role: 'user', content: 'Talk to me' }]],
    }),
    max_completion_tokens: tokens('Tokens of the answer at most.'),
    max_tokens: tokens('The same, by its deprecated name.'),
    stop: Type.Optional(
      Type.Unsafe<string | string[]>({
        anyOf: [
          { type: 'string', minLength: 1 },
          { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1, maxItems: 4 },
        ],
        description: 'Where the answer ends: 1 to 4 texts.',
        examples: [['\n\n']],
      }),
    ),
    seed: Type.Optional(
      Type.Integer({
        minimum: -(2 ** 53 - 1),
        maximum: 2 ** 53 - 1,
        description: 'Sampling.',
        examples: [7],
      }),
    ),
    tools: toolsField({
      type: 'function',
      function: { name: exampleTool.name, parameters: exampleTool.parameters },
    }),
    response_format: Type.Optional(
      Type.Unknown({
        description: 'The form of the answer: of the type `text`, `json_object` or `json_schema`.',
        examples: [{ type: 'text' }],
      }),
    ),
    stream_options: Type.Optional(
      Type.Object(
        { include_usage: Type.Optional(Type.Boolean({ description: 'A last chunk with the usage.' })) },
        { description: 'Only with `stream`.', examples: [{ include_usage: true }] },
      ),
    ),
    n: Type.Optional(Type.Integer({ description: 'Only 1.', examples: [1] })),
    logprobs: Type.Optional(Type.Boolean({ description: 'Only false.', examples: [false] })),
    logit_bias: Type.Optional(Type.Object({}, { description: 'Only empty.', examples: [{}] })),
    modalities: Type.Optional(
      Type.Array(Type.String(), { description: 'Only `["text"]`.', examples: [['text']] }),
    ),
    reasoning_effort: Type.Optional(
      Type.String({ maxLength: 64, description: 'How long it thinks. A hint.', examples: ['low'] }),
    ),
    verbosity: Type.Optional(
      Type.String({ maxLength: 64, description: 'How much it says. A hint.', examples: ['low'] }),
    ),
    prediction: Type.Optional(Type.Unknown({ description: 'What the answer will look like. A hint.' })),
    audio: Type.Optional(Type.Unknown({ description: 'Without effect: answers are texts.' })),
  },
  { ...closed, title: 'NewChatCompletion' },
);

export const CompletionId = Type.Object({
  id: Type.String({
    maxLength: 100,
    description: 'The completion, or the UUID of its generation.',
    examples: [exampleCompletionId],
  }),
});

export const CompletionSchema = Type.Unsafe<{ readonly id: string }>({
  $id: 'ChatCompletion',
  title: 'ChatCompletion',
  description: 'An answer as OpenAI has it.',
  type: 'object',
  required: ['id', 'object', 'created', 'model', 'choices', 'usage'],
  properties: {
    id: { type: 'string', description: 'Names the generation.', examples: [exampleCompletionId] },
    object: { const: 'chat.completion', description: 'What it is.' },
    created: { type: 'integer', description: 'Unix seconds.', examples: [1_764_188_000] },
    model: { type: 'string', description: 'What was asked for.', examples: ['persona:guide'] },
    choices: { type: 'array', items: { type: 'object' }, description: 'One choice with the message.' },
    usage: { type: 'object', description: 'Its tokens.' },
  },
});

const after = Type.Optional(
  Type.String({ maxLength: 100, description: 'What the page follows.', examples: [exampleCompletionId] }),
);
const limit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 100, description: 'Items at most; 20 by default.', examples: [20] }),
);
const order = Type.Optional(
  oneOf(listOrders, { description: 'By age; the oldest first by default.', examples: ['asc'] }),
);

/** `metadata[<key>]` may be there too, for each key that is looked for. */
export const CompletionsQuery = Type.Object(
  {
    ...{ limit, order, after },
    model: Type.Optional(
      Type.String({ description: 'Only those that asked for it.', examples: ['persona:guide'] }),
    ),
  },
  {
    additionalProperties: false,
    patternProperties: { '^metadata\\[[^\\]]{1,64}\\]$': { type: 'string', maxLength: 512 } },
  },
);

export const MessagesQuery = Type.Object({ limit, order, after }, closed);
