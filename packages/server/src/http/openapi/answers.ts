/** Schemas of successful answers, for `schema.response`; those of errors are in `responses.ts`. */
import { type TSchema, Type } from 'typebox';
import type { DocumentedResponse } from './responses.ts';

/** An answer with a JSON body. */
export function answer(description: string, schema: TSchema, example?: object): DocumentedResponse {
  return {
    description,
    content: { 'application/json': { schema, ...(example !== undefined && { example }) } },
  };
}

/** The same with a `Location` header, which has the path of what was made. */
export function created(made: DocumentedResponse, location: { description: string; example: string }) {
  const { description, example } = location;
  return { ...made, headers: { Location: Type.String({ description, examples: [example] }) } };
}

/** The 204 of a DELETE, which has no body. */
export const gone = Type.Null({ description: 'It is gone.' });
