/** Pages of lists that are at hand whole. */
import { invalid } from '../../../domain/errors.ts';

export interface PageQuery {
  readonly limit?: number;
  readonly order?: 'asc' | 'desc';
  readonly after?: string;
}

const usualLimit = 20;

/** @param oldestFirst the whole list @throws AppError invalid_request (`after` is none of the list) */
export function pageOf<Item extends { readonly id: string }>(
  oldestFirst: readonly Item[],
  { limit = usualLimit, order = 'desc', after }: PageQuery,
) {
  const all = order === 'asc' ? oldestFirst : oldestFirst.toReversed();
  const found = after === undefined ? -1 : all.findIndex(({ id }) => id === after);
  if (after !== undefined && found === -1)
    throw invalid('after', 'after must be the id of an item of the list');
  const data = all.slice(found + 1, found + 1 + limit);
  return {
    object: 'list' as const,
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: found + 1 + data.length < all.length,
  };
}
