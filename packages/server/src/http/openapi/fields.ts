/** Schemas of fields that several routes share, and the functions that make such schemas. */
import { type Static, type TSchema, type TString, type TUnsafe, Type } from 'typebox';
import { finishReasons, whenBusyChoices } from '../../domain/generation.ts';
import { maxMessageCharacters } from '../../domain/message.ts';
import { creatorKinds } from '../../domain/scope.ts';
import { usageProvenances } from '../../domain/usage.ts';

export const exampleId = '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01';
export const exampleTime = '2026-11-22T20:30:00.000Z';

export function IdField(description: string) {
  return Type.String({ format: 'uuid', description, examples: [exampleId] });
}

export function TimeField(description: string) {
  return Type.String({ format: 'date-time', description, examples: [exampleTime] });
}

/** A text. Lengths are in characters; `minLength` is 1 by default. */
export function TextField(
  description: string,
  example: string,
  bounds: { readonly minLength?: number; readonly maxLength: number; readonly pattern?: string },
) {
  return Type.String({ minLength: 1, ...bounds, description, examples: [example] });
}

/** What somebody says: a text of 1 to `maxLength` characters that is not blank. */
export function MessageField(
  description: string,
  example: string,
  maxLength: number = maxMessageCharacters,
): TString {
  return Type.String({ minLength: 1, maxLength, format: 'visible', description, examples: [example] });
}

/** Whether a turn may use the web. */
export const InternetField = Type.Optional(
  orNull(
    Type.Boolean({
      description:
        "Whether this answer draws on the web. Default: what the persona says; without one, false. A token whose persona answers without the internet can't ask for it.",
      examples: [true],
    }),
  ),
);

/** The largest body of a call that takes a message, in bytes. A character takes up to 12 of them as JSON. */
export const messageBodyLimit = 4 * 1024 * 1024;

/** One of the words of a closed list, so that the list is the schema and the type. */
export function oneOf<const Words extends readonly string[]>(
  words: Words,
  options: {
    readonly default?: NoInfer<Words[number]>;
    readonly description: string;
    readonly examples?: readonly NoInfer<Words[number]>[];
  },
): TUnsafe<Words[number]> {
  return Type.Unsafe<Words[number]>({ type: 'string', enum: [...words], ...options });
}

/**
 * A value of one type, or null: `{"type": ["string", "null"]}`. Use `orNull` for a closed list, whose words lack null.
 */
export function nullable<Schema extends TSchema & { readonly type: string }>(
  schema: Schema,
): TUnsafe<Static<Schema> | null> {
  return Type.Unsafe<Static<Schema> | null>({ ...schema, type: [schema.type, 'null'] });
}

/** Any schema or null, references and closed lists included: `{"anyOf": [schema, {"type": "null"}]}`. */
export function orNull<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()]);
}

/** Options of an object that refuses unknown fields, as every body does. */
export const closed = { additionalProperties: false } as const;

const tokens = (description: string, example: number) =>
  Type.Integer({ minimum: 0, description, examples: [example] });

const UsageSchema = Type.Object(
  {
    prompt_tokens: tokens('Tokens of the prompt.', 24),
    completion_tokens: tokens('Tokens of the answer.', 12),
    total_tokens: tokens('Both together.', 36),
    cached_tokens: Type.Optional(tokens('Those of the prompt that the provider read from its cache.', 16)),
    cache_write_tokens: Type.Optional(
      tokens('Those of the prompt that the provider wrote into its cache.', 8),
    ),
    reasoning_tokens: Type.Optional(tokens('Those of the answer that are reasoning.', 4)),
    provenance: oneOf(usageProvenances, {
      description: 'By the provider, with a tokenizer, or not known.',
      examples: ['reported'],
    }),
  },
  {
    $id: 'Usage',
    title: 'Usage',
    description:
      'Tokens of a generation, and where the figures come from. Details are there where the provider reports them.',
  },
);

export const exampleUsage = {
  prompt_tokens: 24,
  completion_tokens: 12,
  total_tokens: 36,
  provenance: 'reported',
} as const;

export const FinishReasonSchema = oneOf(finishReasons, {
  description: 'Why the answer ended.',
  examples: ['stop'],
});

const SourceSchema = Type.Object(
  {
    index: Type.Integer({ description: 'The number of its citations in the text.', examples: [1] }),
    title: Type.String({ description: "The page's title.", examples: ['Server-sent events'] }),
    url: Type.String({ description: "The page's address.", examples: ['https://html.spec.whatwg.org/'] }),
    snippet: Type.String({ description: 'What was found there.', examples: ['This section defines…'] }),
  },
  { $id: 'Source', title: 'Source', description: 'A page that an answer draws on.' },
);

export const WhenBusySchema = oneOf(whenBusyChoices, {
  default: 'reject',
  description:
    'What happens while the session is still answering: `reject` with 409 `session_busy`, `queue` behind it, or `interrupt` it and keep what it has.',
  examples: ['queue'],
});

/** For an optional parameter that most callers have to give: the page of `/docs` sends its example. */
export const ticked = { 'x-ticked': true };

/** Request headers that every POST takes. */
export const IdempotencyHeader = {
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description:
        "The same key and body attaches to the first call's result, also while it is still running; another body is 409. Kept for 24 hours.",
      examples: ['b1946ac9-2f61-4ea1-8a3d-0c5d4b3a2f10'],
    }),
  ),
};

export const LastEventIdHeader = {
  'last-event-id': Type.Optional(
    Type.String({
      description: 'The id of the last event that was received: the stream goes on behind it.',
      examples: [`${exampleId}:7`],
    }),
  ),
};

/** Answers of callers with limits bear these. */
export const rateLimitHeaders = {
  'RateLimit-Policy': Type.Optional(
    Type.String({
      description:
        'The limits of the caller, as the IETF draft has it: `q` of them in `w` seconds. The name is `<subject>.<limit>`; `budget_per_month` is in millionths.',
      examples: ['"key.requests_per_minute";q=60;w=60'],
    }),
  ),
  RateLimit: Type.Optional(
    Type.String({
      description: 'What is left of them (`r`), and in how many seconds there is more (`t`).',
      examples: ['"key.requests_per_minute";r=59;t=1'],
    }),
  ),
};

/** Response headers of a stream. */
export const streamHeaders = {
  'Content-Location': Type.String({
    description: 'Where the stream can be had again.',
    examples: [`/api/generations/${exampleId}/stream`],
  }),
  'X-Request-Id': Type.String({ format: 'uuid', description: 'Finds the request in the log.' }),
  ...rateLimitHeaders,
};

/** Schemas that routes refer to by name. */
export const sharedFieldSchemas = [UsageSchema, SourceSchema];

/** A version of a persona, or null. */
export function PersonaReference(description: string) {
  return orNull(
    Type.Object(
      {
        id: Type.Integer({ description: 'The persona.', examples: [47] }),
        version: Type.Integer({ description: 'Its version.', examples: [3] }),
      },
      { title: 'PersonaReference', description },
    ),
  );
}

/** `created_by`. */
export const CreatedByField = orNull(
  Type.Object(
    {
      kind: oneOf(creatorKinds, { description: 'What kind of caller.', examples: ['member'] }),
      id: nullable(
        Type.String({
          description: 'The id of the member, key or end user; null where there is none.',
          examples: [exampleId],
        }),
      ),
      name: nullable(
        Type.String({
          description:
            'The name now, of an end user the `user_id`; null: there is none, it is gone, or the reader may not know it.',
          examples: ['Ada'],
        }),
      ),
    },
    { title: 'Creator', description: 'Who made it; null: it is not known.' },
  ),
);

/** `created_by` in examples. */
export const exampleCreator = { kind: 'member', id: exampleId, name: 'Ada' };

/** `?mine=`. */
export const MineField = Type.Optional(
  Type.Boolean({
    description: 'With `true`, only what the caller made; with `false`, as without it.',
    examples: [true],
  }),
);
