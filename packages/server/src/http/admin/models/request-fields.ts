/** The fields that say how requests to a model are made, and how they are checked beyond their schemas. */
import { Type } from 'typebox';
import { invalid } from '../../../domain/errors.ts';
import {
  greetingRoles,
  longestConnectMs,
  systemRoles,
  thinkTagChoices,
  tokenFields,
} from '../../../domain/model.ts';
import type { SecretRing } from '../../../domain/secrets/secret-ring.ts';
import { closed, nullable, oneOf, orNull } from '../../openapi/fields.ts';

const mostEntries = 32;
const longestExtraBodyBytes = 64 * 1024;
const longestMs = 3_600_000;

/** Visible ASCII without the delimiters of RFC 9110 §5.6.2. */
const headerName = "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$";
/** What can be sent in a header: no line breaks, nothing outside Latin-1. */
const headerValue = '^[\\t\\x20-\\x7e\\x80-\\xff]*$';
const parameterName = '^[!-~]{1,100}$';

/** Headers that belong to the connection or the body, which the server makes itself. */
const ownHeaders: ReadonlySet<string> = new Set([
  ...['host', 'connection', 'transfer-encoding', 'keep-alive', 'upgrade', 'expect', 'te', 'trailer'],
  ...['proxy-authorization', 'proxy-connection', 'http2-settings', 'accept-encoding'],
]);

/** Fields of a body that the server writes itself, in every format. */
const ownBodyFields = [
  ...['model', 'messages', 'input', 'stream', 'stream_options', 'tools', 'tool_choice'],
] as const;

function namedTexts(name: string, value: string, options: { description: string; examples: object[] }) {
  const text = Type.String({ minLength: 1, maxLength: 8192, pattern: value, description: 'The value.' });
  return nullable(
    Type.Record(Type.String({ pattern: name }), text, {
      ...closed,
      maxProperties: mostEntries,
      writeOnly: true,
      ...options,
    }),
  );
}

const milliseconds = (description: string, maximum: number, example: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum, description, examples: [example] }));

/** As they are written; null: the default. */
export const writtenRequestFields = {
  headers: namedTexts(headerName, headerValue, {
    description:
      'Further headers of each request, stored encrypted and never shown; not Host, Connection, Transfer-Encoding or Content-….',
    examples: [{ 'X-Team': 'support' }],
  }),
  query: namedTexts(parameterName, '^[^\\n\\r]*$', {
    description: "Parameters of each request's query, stored encrypted and never shown.",
    examples: [{ 'api-version': '2024-10-21' }],
  }),
  extra_body: Type.Unsafe<Readonly<Record<string, unknown>> | null>({
    type: ['object', 'null'],
    additionalProperties: true,
    description: `Fields that are merged last into the body of each request, at most 64 KiB; without ${ownBodyFields.join(', ')}.`,
    examples: [{ reasoning_effort: 'low' }],
  }),
  token_field: orNull(
    oneOf(tokenFields, {
      description: "The field that bounds an answer's length; `auto`: the one that the provider takes.",
      examples: ['auto'],
    }),
  ),
  system_role: orNull(
    oneOf(systemRoles, {
      description: 'The role of instructions; `user`: they begin the first message of the user.',
      examples: ['system'],
    }),
  ),
  greeting_role: orNull(
    oneOf(greetingRoles, {
      description:
        'How a greeting that begins a conversation goes to the model: in the instructions (`system`), or as its own message behind an empty turn of the user (`assistant`).',
      examples: ['system'],
    }),
  ),
  think_tags: orNull(
    oneOf(thinkTagChoices, {
      description: '`auto`: reasoning that the model writes between tags is told apart from its answer.',
      examples: ['auto'],
    }),
  ),
  stream: nullable(
    Type.Boolean({
      description: 'Whether answers are asked for as a stream; if not, each comes whole.',
      examples: [true],
    }),
  ),
  timeouts: nullable(
    Type.Object(
      {
        connect_ms: milliseconds('Until the connection is open.', longestConnectMs, 5000),
        first_token_ms: milliseconds('From then until the first token.', longestMs, 120_000),
        idle_ms: milliseconds('Between two tokens.', longestMs, 60_000),
      },
      {
        ...closed,
        title: 'ModelTimeouts',
        description: "Time limits in milliseconds; those that are absent are the server's.",
      },
    ),
  ),
  max_retries: nullable(
    Type.Integer({
      minimum: 0,
      maximum: 10,
      description: "How often a failed call is repeated; null: as the server's environment says.",
      examples: [2],
    }),
  ),
};

const names = (of: string, example: string) =>
  Type.Array(Type.String({ description: 'A name.', examples: [example] }), {
    description: `The names of the ${of}; the values are not shown.`,
    examples: [[example]],
  });

const {
  headers: _headers,
  query: _query,
  token_field,
  system_role,
  greeting_role,
  think_tags,
  ...sameFields
} = writtenRequestFields;
const [shownTokenField] = token_field.anyOf;
const [shownSystemRole] = system_role.anyOf;
const [shownGreetingRole] = greeting_role.anyOf;
const [shownThinkTags] = think_tags.anyOf;

/** As they are shown. */
export const shownRequestFields = {
  ...sameFields,
  headers: names('headers', 'X-Team'),
  query: names('parameters', 'api-version'),
  token_field: shownTokenField,
  system_role: shownSystemRole,
  greeting_role: shownGreetingRole,
  think_tags: shownThinkTags,
  stream: Type.Boolean({ description: 'Whether answers are asked for as a stream.', examples: [true] }),
};

/** Seals each value for the record. @throws AppError invalid_request */
export function sealTexts(
  texts: Readonly<Record<string, string>>,
  ring: SecretRing,
  recordId: string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, ring.seal(value, recordId)]));
}

/** @throws AppError invalid_request for a header that the server makes itself, and for one that is there twice */
export function checkHeaders(headers: Readonly<Record<string, string>>): void {
  const seen = new Set<string>();
  for (const name of Object.keys(headers)) {
    const lower = name.toLowerCase();
    if (ownHeaders.has(lower) || lower.startsWith('content-')) {
      throw invalid(
        `headers.${name}`,
        `headers.${name} must be absent: the server writes this header itself`,
      );
    }
    if (seen.has(lower)) throw invalid(`headers.${name}`, `headers.${name} is there twice`);
    seen.add(lower);
  }
}

/** @throws AppError invalid_request for a field that the server writes itself, and for more than 64 KiB */
export function checkExtraBody(extra: Readonly<Record<string, unknown>>): void {
  const own = ownBodyFields.find((name) => Object.hasOwn(extra, name));
  if (own !== undefined) {
    throw invalid(
      `extra_body.${own}`,
      `extra_body.${own} must be absent: the server writes this field itself`,
    );
  }
  if (Buffer.byteLength(JSON.stringify(extra)) > longestExtraBodyBytes) {
    throw invalid('extra_body', 'extra_body must have at most 64 KiB');
  }
}
