/** Schemas of error answers for the routes' documentation. The bodies themselves are made in `answer/errors.ts`. */
import { type TSchema, Type } from 'typebox';
import { type ErrorCode, errorCodes } from '../../domain/errors.ts';
import { limitNames, limitSubjects } from '../../domain/limits/limits.ts';
import { oneOf, orNull, rateLimitHeaders } from './fields.ts';

const code = oneOf(errorCodes, {
  description: 'What went wrong, for programs.',
  examples: ['invalid_request'],
});

const generationId = Type.Optional(
  Type.String({
    format: 'uuid',
    description: 'With `session_busy`: the generation that the session is still answering.',
    examples: ['019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01'],
  }),
);

const field = Type.Optional(
  Type.String({
    description: 'With status 400: the field that is wrong, as a path, if it is one.',
    examples: ['message'],
  }),
);

const limit = Type.Optional(
  Type.Object(
    {
      name: oneOf(limitNames, { description: 'The limit.' }),
      subject: oneOf([...limitSubjects, 'session'], { description: 'Whose limit it is.' }),
    },
    {
      title: 'RefusingLimit',
      description: 'With `rate_limited` and `quota_exhausted`: the limit that refused.',
    },
  ),
);

/** Where clients of earlier APIs look for it. */
const sameText = Type.String({ description: 'The same text again.', examples: ['message is required'] });

/** `{"error", "code"}`. */
export const ErrorSchema = Type.Object(
  {
    error: Type.String({ description: 'What went wrong, for people.', examples: ['message is required'] }),
    message: sameText,
    code,
    field,
    generation_id: generationId,
    limit,
  },
  { $id: 'Error', title: 'Error', description: 'An error before the stream began.' },
);

/** `{"detail", "code"}` of the conversation dialect. */
export const DetailErrorSchema = Type.Object(
  {
    detail: Type.String({ description: 'What went wrong, for people.', examples: ['org_id is required'] }),
    message: sameText,
    code,
    field,
    generation_id: generationId,
    limit,
  },
  {
    $id: 'DetailError',
    title: 'DetailError',
    description: 'An error before the stream began, in the conversation dialect.',
  },
);

/** What fails before it is known which path is asked for. */
export const EarlyErrorSchema = Type.Object(
  {
    error: Type.String({
      description: 'What went wrong, for people.',
      examples: ['the headers are larger than 16 KiB'],
    }),
    detail: Type.String({ description: 'The same text.', examples: ['the headers are larger than 16 KiB'] }),
    message: sameText,
    code: Type.Literal('invalid_request', { description: 'What went wrong, for programs.' }),
  },
  {
    $id: 'EarlyError',
    title: 'EarlyError',
    description:
      'A request that did not arrive whole, whatever its path: so it has the field of every dialect.',
  },
);

/** Why an answer failed, as resources show it. */
export const FailureField = orNull(
  Type.Object(
    {
      code: oneOf(errorCodes, { description: 'What went wrong.' }),
      message: Type.String({ description: 'The same for people.', examples: ['the model failed'] }),
    },
    { title: 'Failure', description: 'Where it failed or was interrupted.' },
  ),
);

interface ErrorDocumentation {
  readonly description: string;
  readonly code: ErrorCode;
  readonly text: string;
}

/** What each status means, with an example. */
const documentation = {
  400: { description: 'The input is invalid.', code: 'invalid_request', text: 'message is required' },
  401: {
    description: 'No credential, or a bad one.',
    code: 'unauthenticated',
    text: 'a credential is required',
  },
  403: {
    description: 'The credential is good, but does not permit this.',
    code: 'forbidden',
    text: 'a prod key selects personas by alias',
  },
  404: {
    description: 'Not there, or in another organization.',
    code: 'not_found',
    text: 'session not found',
  },
  408: {
    description: 'The request took too long to arrive.',
    code: 'invalid_request',
    text: 'the request took too long to arrive',
  },
  409: {
    description: 'It conflicts with what is there: `code` says how.',
    code: 'session_busy',
    text: 'the session is still answering',
  },
  413: {
    description: 'The body is larger than the call takes: 1 MiB, or 4 MiB where it takes a message.',
    code: 'payload_too_large',
    text: 'the body is larger than 1 MiB',
  },
  415: {
    description: 'The body has a `Content-Encoding`, or another charset than UTF-8.',
    code: 'unsupported',
    text: 'the charset of the body must be utf-8, not utf-16',
  },
  429: {
    description: 'A limit refuses it, which `limit` names; `Retry-After` says when to come again.',
    code: 'rate_limited',
    text: 'too many requests',
  },
  431: {
    description: 'The headers are larger than 16 KiB.',
    code: 'invalid_request',
    text: 'the headers are larger than 16 KiB',
  },
  500: {
    description: 'An error of the server; `X-Request-Id` finds it in the log.',
    code: 'internal',
    text: 'internal error; request 019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01',
  },
  502: {
    description: 'The model failed.',
    code: 'provider_error',
    text: 'the provider answered 500',
  },
  503: {
    description: 'Overloaded, or shutting down.',
    code: 'overloaded',
    text: 'the server is shutting down',
  },
  504: {
    description: 'The model did not answer in time.',
    code: 'provider_timeout',
    text: 'no first token in 120 s',
  },
} as const satisfies Record<number, ErrorDocumentation>;

export type ErrorStatus = keyof typeof documentation;

/** A documented response of a route: what `schema.response` takes for a status. */
export interface DocumentedResponse {
  readonly description: string;
  readonly headers?: Record<string, TSchema>;
  readonly content: { readonly 'application/json': { readonly schema: TSchema; readonly example?: object } };
}

const retryAfter = { 'Retry-After': Type.Integer({ description: 'Seconds to wait.', examples: [5] }) };
const headersOf: { readonly [Status in ErrorStatus]?: Record<string, TSchema> } = {
  429: { ...retryAfter, ...rateLimitHeaders },
  503: retryAfter,
};

/**
 * The error answers of a route, for `schema.response`: `errorResponses(401, 404)`. 400, 408, 431 and 500 are always
 * added. What refuses a body (413, 415) is added in `document.ts` to each method that has one. Bodies have the envelope
 * `{"error", "code"}`.
 */
export function errorResponses(...statuses: ErrorStatus[]): Record<number, DocumentedResponse> {
  return responses(statuses, flat('error'), Type.Ref('Error#'));
}

/** The same in an envelope of its own, which makes an example of a code and a text. */
export function errorResponsesIn(
  schema: TSchema,
  exampleOf: ErrorExample,
  ...statuses: ErrorStatus[]
): Record<number, DocumentedResponse> {
  return responses(statuses, exampleOf, schema);
}

type ErrorExample = (code: ErrorCode, text: string) => object;

const flat =
  (field: 'error' | 'detail'): ErrorExample =>
  (code, text) => ({ [field]: text, message: text, code });

/** The same for the conversation dialect. */
export function detailErrorResponses(...statuses: ErrorStatus[]): Record<number, DocumentedResponse> {
  return responses(statuses, flat('detail'), Type.Ref('DetailError#'));
}

/** Any request may be malformed, have a header twice, or meet a fault. */
const alwaysPossible = [400, 408, 431, 500] as const;

/** Whether a status is answered before it is known which path is asked for. */
function isEarly(status: ErrorStatus): boolean {
  return status === 408 || status === 431;
}

/** What refuses a body. */
const bodyRefusals = [413, 415] as const;

/** The part of a response of the document that is read and made here. */
interface ErrorResponse {
  readonly description?: string;
  readonly content?: Readonly<Record<string, { readonly schema?: unknown; readonly example?: object }>>;
}

/**
 * The answers of an operation of the document, with what refuses a body: every method may be sent one, and that of GET
 * is passed over. Their envelope is that of the operation's 400.
 */
export function withBodyRefusals<Responses extends Readonly<Record<string, ErrorResponse>>>(
  method: string,
  responses: Responses,
): Responses {
  const { schema, example = {} } = responses[400]?.content?.['application/json'] ?? {};
  const [field, inside] = Object.entries(example)[0] ?? [];
  if (method === 'get' || field === undefined) return responses;
  const refusals = bodyRefusals.map((status) => {
    const { description, code, text } = documentation[status];
    const refusal =
      typeof inside === 'object'
        ? { [field]: { ...inside, message: text, code } }
        : { [field]: text, message: text, code };
    const content = { 'application/json': { schema, example: refusal } };
    return [status, { description, content }];
  });
  return { ...responses, ...Object.fromEntries(refusals) };
}

function responses(
  statuses: readonly ErrorStatus[],
  exampleOf: ErrorExample,
  schema: TSchema,
): Record<number, DocumentedResponse> {
  return Object.fromEntries(
    [...new Set([...statuses, ...alwaysPossible])].map((status) => {
      const { description, code: example, text } = documentation[status];
      const content = isEarly(status)
        ? {
            schema: Type.Ref('EarlyError#'),
            example: { error: text, detail: text, message: text, code: example },
          }
        : { schema, example: exampleOf(example, text) };
      return [
        status,
        {
          description,
          ...(headersOf[status] !== undefined && { headers: headersOf[status] }),
          content: { 'application/json': content },
        },
      ];
    }),
  );
}
