/** Sends a list as a JSON array page by page, so that memory does not grow with its length. */
import { Readable } from 'node:stream';

/** Reads the page after a record, or the first one; an empty page is the end of the list. */
export type NextPage<T> = (after: T | undefined) => Promise<readonly T[]>;

/** Reads the first page before it resolves, so that an error there is still answered with its own status. */
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
