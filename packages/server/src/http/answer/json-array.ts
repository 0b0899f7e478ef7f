/** A list as a JSON array that is sent page by page, so that its length does not count for the memory. */
import { Readable } from 'node:stream';

/** The next page, behind the last record of the one before; an empty one is the end. */
export type NextPage<T> = (after: T | undefined) => Promise<readonly T[]>;

/** Reads the first page before it resolves, so that what fails there is still an answer of its own. */
export async function streamJsonArray<T>(
  readPage: NextPage<T>,
  toResource: (record: T) => object,
): Promise<Readable> {
  const first = await readPage(undefined);
  return Readable.from(chunks(first, readPage, toResource), { objectMode: false });
}

async function* chunks<T>(
  first: readonly T[],
  readPage: NextPage<T>,
  toResource: (record: T) => object,
): AsyncGenerator<string> {
  let page = first;
  let separator = '[';
  while (page.length > 0) {
    yield separator + page.map((record) => JSON.stringify(toResource(record))).join(',');
    separator = ',';
    page = await readPage(page.at(-1));
  }
  yield separator === '[' ? '[]' : ']';
}
