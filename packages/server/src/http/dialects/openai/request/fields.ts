/** Fields that requests for chat completions and for responses have alike. */
import { Type } from 'typebox';
import { maxTools } from '../../../../domain/request/tools.ts';
import { closed } from '../../../openapi/fields.ts';

const optionalNumber = (description: string, minimum: number, maximum: number) =>
  Type.Optional(Type.Number({ minimum, maximum, description, examples: [minimum === 0 ? 1 : 0] }));

const hint = (description: string) =>
  Type.Optional(
    Type.Unknown({ description: `${description} A hint: passed on where the provider knows it.` }),
  );

const anything = (description: string, example: unknown) =>
  Type.Unknown({ description, examples: [example] });

export const MetadataField = Type.Record(
  Type.String({ minLength: 1, maxLength: 64 }),
  Type.String({ maxLength: 512 }),
  { maxProperties: 16, description: 'Up to 16 texts of your own.', examples: [{ topic: 'billing' }] },
);

export const MetadataBody = Type.Object({ metadata: MetadataField }, { ...closed, title: 'OpenAiMetadata' });

const userName = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 255, description, examples: ['ada'] }));

export const exampleTool = {
  type: 'function',
  name: 'get_weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
};

export const sharedFields = {
  model: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description:
        "`persona:<alias>`, `persona:<alias>@next`, or a model by its id, its name, or its provider's name for it. Absent: the token's persona, or the key's default one.",
      examples: ['persona:guide'],
    }),
  ),
  stream: Type.Optional(
    Type.Boolean({ description: 'Whether the answer comes as server-sent events.', examples: [false] }),
  ),
  metadata: Type.Optional(MetadataField),
  safety_identifier: userName('Your id of the end user, to whom what is begun then belongs.'),
  user: userName('The same, by its deprecated name.'),
  temperature: optionalNumber("Sampling; goes before the persona's.", 0, 2),
  top_p: optionalNumber("Sampling; goes before the persona's.", 0, 1),
  presence_penalty: optionalNumber('Sampling.', -2, 2),
  frequency_penalty: optionalNumber('Sampling.', -2, 2),
  tool_choice: Type.Optional(anything('`none`, `auto`, `required`, a function, or `allowed_tools`.', 'auto')),
  parallel_tool_calls: Type.Optional(
    Type.Boolean({ description: 'Whether one answer may hold several calls.', examples: [true] }),
  ),
  store: Type.Optional(
    Type.Boolean({ description: 'Whether it is kept, and listed in the other dialects.', examples: [true] }),
  ),
  top_logprobs: Type.Optional(
    Type.Integer({ description: 'Only 0: there are no log probabilities.', examples: [0] }),
  ),
  prompt_cache_key: Type.Optional(
    Type.String({ description: 'Groups requests that begin alike. A hint.', examples: ['support'] }),
  ),
  prompt_cache_options: hint('How the prompt is cached.'),
  prompt_cache_retention: hint('How long the prompt is cached.'),
  service_tier: hint('How fast the answer is wanted.'),
  max_tool_calls: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Tool calls at most. A hint.', examples: [8] }),
  ),
};

/** Tools in the form of the API: flat in responses, nested in chat completions. */
export function toolsField(example: object) {
  return Type.Optional(
    Type.Array(Type.Unknown(), {
      maxItems: maxTools,
      description: 'Functions that your program runs.',
      examples: [[example]],
    }),
  );
}
