/** Pages of lists. */
import { type AppError, invalid } from '../../../domain/errors.ts';

export interface PageQuery {
  readonly limit?: number;
  readonly order?: 'asc' | 'desc';
  readonly after?: string;
}

export const usualLimit = 20;

/** A page as it is answered. */
export function toPage<Item extends { readonly id: string }>(data: readonly Item[], hasMore: boolean) {
  return {
    object: 'list' as const,
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore,
  };
}

/** `after` is none of the list. */
export function unknownPlace(): AppError {
  return invalid('after', 'after must be the id of an item of the list');
}

/**
 * A page of a list that is at hand whole, which `oldestFirst` is.
 * @throws AppError invalid_request (`after` is none of the list)
 */
export function pageOf<Item extends { readonly id: string }>(
  oldestFirst: readonly Item[],
  { limit = usualLimit, order = 'desc', after }: PageQuery,
) {
  const all = order === 'asc' ? oldestFirst : oldestFirst.toReversed();
  const found = after === undefined ? -1 : all.findIndex(({ id }) => id === after);
  if (after !== undefined && found === -1) throw unknownPlace();
  const data = all.slice(found + 1, found + 1 + limit);
  return toPage(data, found + 1 + data.length < all.length);
}
