/** What the schemas of all resources share. */
import { type Static, type TObject, type TSchema, type TUnsafe, Type } from 'typebox';
import { type DocumentedResponse, type ErrorStatus, errorResponses } from '../openapi/responses.ts';

export const exampleId = '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01';
export const exampleTime = '2026-11-22T20:30:00.000Z';

/** A field that may be null; `schema` has one `type`. */
export function nullable<T extends TSchema>(schema: T): TUnsafe<Static<T> | null> {
  const { type } = schema as unknown as { type: string };
  return Type.Unsafe<Static<T> | null>({ ...schema, type: [type, 'null'] });
}

/** One of some words. */
export function oneOf<const Words extends readonly string[]>(
  words: Words,
  options: { readonly description: string; readonly examples: readonly string[] },
): TUnsafe<Words[number]> {
  return Type.Unsafe<Words[number]>({ type: 'string', enum: [...words], ...options });
}

export function id(description: string): ReturnType<typeof Type.String> {
  return Type.String({ format: 'uuid', description, examples: [exampleId] });
}

export function time(description: string): ReturnType<typeof Type.String> {
  return Type.String({ format: 'date-time', description, examples: [exampleTime] });
}

export function text(
  description: string,
  example: string,
  bounds: { readonly minLength?: number; readonly maxLength: number; readonly pattern?: string },
): ReturnType<typeof Type.String> {
  return Type.String({ minLength: 1, ...bounds, description, examples: [example] });
}

export const createdAt = time('When it was made.');
export const updatedAt = time('When it was changed last.');

export const OrganizationParams = Type.Object({ org_id: id('The organization.') });

/** A body: what is not named in it is refused. */
export const closed = { additionalProperties: false } as const;

export const PageQuery = Type.Object({
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: 50,
      description: 'Entries at most.',
      examples: [50],
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'Where the page begins: `next_cursor` of the page before.',
      examples: ['MDE5YWIxYzI'],
    }),
  ),
});

/** `{"data": […], "next_cursor"}`. */
export function pageOf(title: string, item: TSchema): TObject {
  return Type.Object(
    {
      data: Type.Array(item, { description: 'The entries of this page.' }),
      next_cursor: nullable(
        Type.String({
          description: 'The `cursor` of the next page; null: there is none.',
          examples: ['MDE5YWIxYzI'],
        }),
      ),
    },
    { title, description: 'A page of a list.' },
  );
}

function answer(schema: TSchema, description: string): DocumentedResponse {
  return { description, content: { 'application/json': { schema } } };
}

/** The success of a GET, PUT or PATCH, and every error that the administration has. */
export function answers(schema: TSchema, description: string, ...more: ErrorStatus[]) {
  return { 200: answer(schema, description), ...failures(...more) };
}

/** The success of a POST that makes something. */
export function created(schema: TSchema, description: string, ...more: ErrorStatus[]) {
  const location = Type.String({
    description: 'The path of what was made.',
    examples: [`/api/admin/organizations/${exampleId}`],
  });
  return { 201: { ...answer(schema, description), headers: { Location: location } }, ...failures(...more) };
}

/** The success of a DELETE. */
export function deleted(...more: ErrorStatus[]) {
  return { 204: Type.Null({ description: 'It is gone.' }), ...failures(...more) };
}

/** Every error that the administration has. */
export function failures(...more: ErrorStatus[]): ReturnType<typeof errorResponses> {
  return errorResponses(400, 401, 403, 404, 409, 413, 429, ...more);
}
