/** Pages of lists: `limit` and an opaque `cursor` are the input, `{"data", "next_cursor"}` the answer. */
import { type TSchema, Type } from 'typebox';
import { invalid } from '../../domain/errors.ts';
import { isUuid } from '../../domain/ids.ts';
import type { Page, PageRequest, TimePage, TimePageRequest } from '../../store/queries/page.ts';
import { maxPersonaId } from '../../store/queries/personas.ts';
import { nullable } from '../openapi/fields.ts';

const defaultLimit = 50;

export const PageQuery = Type.Object({
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1000,
      default: defaultLimit,
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
export function pageOf(title: string, item: TSchema) {
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

interface PageParameters {
  readonly limit?: number;
  readonly cursor?: string;
}

/** The page of a list whose ids are UUIDs. @throws AppError invalid_request */
export function pageById(query: PageParameters): PageRequest {
  const after = decode(query.cursor);
  if (after !== undefined && !isUuid(after)) throw badCursor();
  return { limit: query.limit ?? defaultLimit, after };
}

/** The page of a list whose ids are numbers. @throws AppError invalid_request */
export function pageByNumber(query: PageParameters): PageRequest<number> {
  const decoded = decode(query.cursor);
  if (decoded === undefined) return { limit: query.limit ?? defaultLimit };
  const after = /^\d{1,10}$/.test(decoded) ? Number(decoded) : Number.NaN;
  if (!(after <= maxPersonaId)) throw badCursor();
  return { limit: query.limit ?? defaultLimit, after };
}

/** The page of a list that is ordered by time, then by id. @throws AppError invalid_request */
export function pageByTime(query: PageParameters): TimePageRequest {
  const limit = query.limit ?? defaultLimit;
  const decoded = decode(query.cursor);
  if (decoded === undefined) return { limit };
  const [, at, id = ''] = /^(\d{1,15}):(.+)$/.exec(decoded) ?? [];
  if (at === undefined || !isUuid(id)) throw badCursor();
  return { limit, after: { createdAt: Number(at), id } };
}

export function toTimePageResource<T, R>(
  page: TimePage<T>,
  map: (record: T) => R,
): { data: R[]; next_cursor: string | null } {
  const { data, next } = page;
  return toPageResource({ data, next: next && `${next.createdAt}:${next.id}` }, map);
}

export function toPageResource<T, R>(
  page: Page<T, string | number>,
  map: (record: T) => R,
): { data: R[]; next_cursor: string | null } {
  return {
    data: page.data.map(map),
    next_cursor: page.next === null ? null : Buffer.from(String(page.next)).toString('base64url'),
  };
}

function decode(cursor: string | undefined): string | undefined {
  return cursor === undefined ? undefined : Buffer.from(cursor, 'base64url').toString('utf8');
}

/** Numbers as a cursor. */
export function numbersCursor(numbers: readonly number[]): string {
  return Buffer.from(numbers.join(':')).toString('base64url');
}

/** So many numbers from a cursor, of 15 digits at most. @throws AppError invalid_request */
export function numbersOfCursor(cursor: string, count: number): readonly number[] {
  const parts = decode(cursor)?.split(':') ?? [];
  if (parts.length !== count || !parts.every((part) => /^-?\d{1,15}$/.test(part))) throw badCursor();
  return parts.map(Number);
}

/** The error for a cursor that no page has given. */
export function badCursor(): Error {
  return invalid('cursor', 'cursor must be the next_cursor of the page before');
}
