/** A list as a JSON array that is sent page by page, so that its length does not count for the memory. */
import { Readable } from 'node:stream';

/** Reads the page behind a record. */
export type ReadPage<T> = (after: T | undefined) => Promise<readonly T[]>;

/** Undefined: not shown. */
export type ToResource<T> = (record: T) => object | undefined | Promise<object | undefined>;

/**
 * Reads the first page before it resolves, so that what fails there is still an answer of its own.
 * `pageSize`: a shorter page is the last one.
 */
export async function streamJsonArray<T>(
  readPage: ReadPage<T>,
  pageSize: number,
  toResource: ToResource<T>,
): Promise<Readable> {
  const first = await readPage(undefined);
  return Readable.from(chunks(first, readPage, pageSize, toResource));
}

async function* chunks<T>(
  first: readonly T[],
  readPage: ReadPage<T>,
  pageSize: number,
  toResource: ToResource<T>,
): AsyncGenerator<string> {
  let page = first;
  let separator = '[';
  for (;;) {
    const texts: string[] = [];
    for (const record of page) {
      const resource = await toResource(record);
      if (resource !== undefined) texts.push(JSON.stringify(resource));
    }
    if (texts.length > 0) {
      yield separator + texts.join(',');
      separator = ',';
    }
    if (page.length < pageSize) break;
    page = await readPage(page.at(-1));
  }
  yield separator === '[' ? '[]' : ']';
}
