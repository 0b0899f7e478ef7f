/**
 * Sends lists as JSON, read and written in steps, so that neither memory nor a turn of the event loop grows with their
 * length or with the length of their entries' texts.
 */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { loopTurn } from '../../concurrency/loop-turn.ts';
import { maxPageBytes } from '../../store/queries/page.ts';
import { entryJson } from './json-entry.ts';

/** A list that is this short, in characters and bytes, is answered whole; a longer one while it is read. */
const maxWhole = 256 * 1024;

export interface ListSource<T> {
  /**
   * Reads the entries behind a record, or the first ones: no more than a few hundred, nor much more text than some
   * hundred KiB. `wanted` is how many can still be shown. None: the list has ended.
   */
  read(after: T | undefined, wanted: number): Promise<readonly T[]>;
  /** The entry as clients see it; a field of its own may be the bytes of a text in UTF-8. */
  toResource(record: T): object | Promise<object>;
}

/** What a page came to hold. */
export interface PageEnd<T> {
  readonly count: number;
  /** The last entry. */
  readonly last: T | undefined;
  /** Whether it ended before its limit and before the list did, since it was full. */
  readonly isCut: boolean;
}

/** Sends a list as a JSON array, complete whatever its length. An error of its first step has a status of its own. */
export function sendList<T>(reply: FastifyReply, source: ListSource<T>): Promise<FastifyReply> {
  const entries = entriesOf(source, { limit: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY });
  return send(
    reply,
    around('[', entries, () => ']'),
  );
}

/**
 * Sends a page of at most `limit` entries and `maxPageBytes`, or without a limit the whole list, as the field `name` of an
 * object; `rest` gives the other fields, at least one. An error of its first step has a status of its own.
 */
export function sendPage<T>(
  reply: FastifyReply,
  source: ListSource<T>,
  page: { readonly limit: number | undefined; readonly name: string; rest(end: PageEnd<T>): object },
): Promise<FastifyReply> {
  const { limit = Number.POSITIVE_INFINITY } = page;
  const maxBytes = page.limit === undefined ? limit : maxPageBytes;
  const entries = entriesOf(source, { limit, maxBytes });
  const closing = (end: PageEnd<T>): string => `],${JSON.stringify(page.rest(end)).slice(1)}`;
  return send(reply, around(`{${JSON.stringify(page.name)}:[`, entries, closing));
}

/** The entries as JSON, separated by commas, a step of them at a time. */
async function* entriesOf<T>(
  { read, toResource }: ListSource<T>,
  { limit, maxBytes }: { readonly limit: number; readonly maxBytes: number },
): AsyncGenerator<string | Buffer, PageEnd<T>> {
  let last: T | undefined;
  let count = 0;
  let bytes = 0;
  while (count < limit) {
    await loopTurn();
    const records = await read(last, limit - count);
    if (records.length === 0) break;
    await loopTurn();
    let chunk = '';
    for (const record of records) {
      const resource = toResource(record);
      const json = entryJson(resource instanceof Promise ? await resource : resource);
      const pieces = typeof json === 'string' ? [json] : await json;
      for (const piece of pieces) bytes += Buffer.byteLength(piece);
      bytes += 1;
      if (count > 0 && bytes > maxBytes) {
        yield chunk;
        return { count, last, isCut: true };
      }
      if (count > 0) chunk += ',';
      for (const piece of pieces) {
        if (typeof piece === 'string') {
          chunk += piece;
          continue;
        }
        await loopTurn();
        if (chunk !== '') yield chunk;
        chunk = '';
        yield piece;
      }
      last = record;
      count += 1;
    }
    yield chunk;
  }
  return { count, last, isCut: false };
}

async function* around<T>(
  opening: string,
  entries: AsyncGenerator<string | Buffer, PageEnd<T>>,
  closing: (end: PageEnd<T>) => string,
): AsyncGenerator<string | Buffer> {
  yield opening;
  yield closing(yield* entries);
}

async function send(reply: FastifyReply, chunks: AsyncGenerator<string | Buffer>): Promise<FastifyReply> {
  reply.type('application/json; charset=utf-8');
  const first: (string | Buffer)[] = [];
  for (let length = 0; length <= maxWhole; ) {
    const next = await chunks.next();
    if (next.done === true) return reply.send(joined(first));
    first.push(next.value);
    length += next.value.length;
  }
  return reply.send(Readable.from(following(joined(first), chunks), { objectMode: false }));
}

function joined(chunks: readonly (string | Buffer)[]): string | Buffer {
  const isText = chunks.every((chunk) => typeof chunk === 'string');
  if (isText) return chunks.join('');
  return Buffer.concat(chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk)));
}

async function* following(
  first: string | Buffer,
  chunks: AsyncGenerator<string | Buffer>,
): AsyncGenerator<string | Buffer> {
  yield first;
  yield* chunks;
}
