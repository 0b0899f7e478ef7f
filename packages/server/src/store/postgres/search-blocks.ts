/**
 * Blocks of documents, for PostgreSQL, whose inverted index gives matches in no order and only all at once: each document
 * also has tokens of the blocks of 1,024, 8,192, … documents that it lies in. A search asks the newest blocks first, and
 * greater ones only while it has too few matches, so that its work does not grow with the matches that there are.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Token } from '../search/tokens.ts';

/** Documents of a block of each level, as powers of two; each greater level multiplies the work by eight at most. */
const levels = [10, 13, 16, 19, 22] as const;
/** Numbers of blocks are kept apart by their level in the lowest digit. */
const numbersPerBlock = 8;

/** The numbers of a document's blocks, an array of numbers that are not negative, for its `id` in PostgreSQL. */
export function blocksOfSql(id: RawBuilder<unknown>): RawBuilder<unknown> {
  const numbers = levels.map(
    (power, level) => sql`(${id} >> ${sql.lit(power)}) * ${sql.lit(numbersPerBlock)} + ${sql.lit(level)}`,
  );
  return sql`array[${sql.join(numbers)}]::bigint[]`;
}

/** A token as a number below zero. */
export function storedToken(token: Token): string {
  return `-${BigInt(`0x${token}`)}`;
}

/** Tokens with blanks between as an array of PostgreSQL. */
export function storedTokens(tokens: string): string {
  return `{${tokens.split(' ').map(storedToken).join(',')}}`;
}

/**
 * The two newest blocks of each level, the smallest level first, and then null for all documents. `newestId` is the
 * greatest id of a document.
 */
export function* newestBlocks(newestId: number): Generator<readonly number[] | null> {
  for (const [level, power] of levels.entries()) {
    // Both blocks together are all documents.
    if (newestId < 2 ** (power + 1)) break;
    const newest = Math.floor(newestId / 2 ** power) * numbersPerBlock + level;
    yield [newest, newest - numbersPerBlock];
  }
  yield null;
}
