/** Reads the pages that a search found, all at once and each within limits. Each is read, or skipped with a reason. */
import type { Dispatcher } from 'undici';
import { abortable } from '../../concurrency/abortable.ts';
import { QueueFullError, WorkerError } from '../../concurrency/worker-pool.ts';
import type { PageJob } from '../extraction/extraction-jobs.ts';
import type { ExtractionPool } from '../extraction/extraction-pool.ts';
import { EncodingError, readBody } from './body-reader.ts';
import { type GuardedResponse, guardedGet, headerOf } from './guarded-get.ts';
import { PageSkippedError, type SkipReason } from './page-skipped.ts';
import { createRobots, type Robots } from './robots.ts';

export interface Page {
  /** The address after redirects. */
  readonly url: string;
  /** One line; may be empty. */
  readonly title: string;
  /** The visible text with a line for each paragraph; not empty. */
  readonly text: string;
}

export type PageOutcome =
  | { readonly requestedUrl: string; readonly page: Page; readonly skipped?: never }
  | {
      readonly requestedUrl: string;
      readonly skipped: { readonly reason: SkipReason; readonly message: string };
      readonly page?: never;
    };

export interface PageReader {
  /**
   * Reads all pages at once and returns an outcome for each address, in their order. Where the signal aborts, pages that
   * are not read yet are skipped as `timeout`. Never throws.
   */
  read(urls: readonly string[], options: ReadOptions): Promise<readonly PageOutcome[]>;
}

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** The organization that the pages are read for. */
  readonly owner?: string | undefined;
}

export interface PageLimits {
  /** The longest time for one page, from its robots.txt to its text. */
  readonly pageTimeoutMs: number;
  readonly robotsTimeoutMs: number;
  readonly maxRedirects: number;
  /** The bound on HTML and plain text, decompressed; a longer page is cut. */
  readonly maxBytes: number;
  /** The bound on a PDF. A larger one is skipped, since a PDF can't be read without its end. */
  readonly maxPdfBytes: number;
  /** The most UTF-16 units of text that are kept of a page. */
  readonly maxTextLength: number;
}

const pageLimits: PageLimits = {
  pageTimeoutMs: 8_000,
  robotsTimeoutMs: 3_000,
  maxRedirects: 5,
  maxBytes: 2 * 1024 * 1024,
  maxPdfBytes: 8 * 1024 * 1024,
  maxTextLength: 60_000,
};

export interface PageReaderOptions {
  /** An agent of `createGuardedAgent`. */
  readonly dispatcher: Dispatcher;
  readonly pool: ExtractionPool;
  /** Starts with the product token that rules in robots.txt name: `Colloquy/0.1 (…)`. */
  readonly userAgent: string;
  readonly limits?: Partial<PageLimits>;
}

/** Real pages are compressed to between a third and a twentieth of their size. */
const maxCompressionRatio = 100;
/** Shorter pages may be compressed as far as they like. */
const unsuspiciousBytes = 64 * 1024;

export function createPageReader(options: PageReaderOptions): PageReader {
  const limits = { ...pageLimits, ...options.limits };
  const { dispatcher, userAgent, pool } = options;

  async function readOne(address: string, robots: Robots, { signal, owner }: ReadOptions): Promise<Page> {
    const response = await guardedGet(address, {
      dispatcher,
      userAgent,
      accept: 'text/html, application/xhtml+xml, text/plain;q=0.9, application/pdf;q=0.8',
      maxRedirects: limits.maxRedirects,
      signal,
      admit: robots.admit,
    });
    const job = await takeJob(response, limits);
    const { title, text } = await pool.run({ kind: 'page', job }, { signal, owner });
    if (text === '') throw new PageSkippedError('unreadable', 'it has no text');
    return { url: response.url.href, title, text };
  }

  return {
    async read(urls, { signal, owner }) {
      // The clock of a page does not count the start of the processes, which takes seconds on a busy machine.
      await abortable(pool.prepare(), signal).catch(() => undefined);
      const agent = userAgent.split('/')[0] ?? userAgent;
      const robots = createRobots({
        dispatcher,
        userAgent,
        pool,
        signal,
        owner,
        agent,
        timeoutMs: limits.robotsTimeoutMs,
      });
      return Promise.all(
        urls.map(async (requestedUrl): Promise<PageOutcome> => {
          const pageSignal = AbortSignal.any([signal, AbortSignal.timeout(limits.pageTimeoutMs)]);
          try {
            return {
              requestedUrl,
              // Reading may hear the signal late: for one, while it waits for a robots.txt that another page asked for.
              page: await abortable(readOne(requestedUrl, robots, { signal: pageSignal, owner }), pageSignal),
            };
          } catch (error) {
            return { requestedUrl, skipped: describe(error, pageSignal) };
          }
        }),
      );
    },
  };
}

/** Reads a response and says how it is to be parsed. */
async function takeJob(response: GuardedResponse, limits: PageLimits): Promise<PageJob> {
  const { status, headers, body } = response;
  const contentType = headerOf(headers, 'content-type') ?? 'text/html';
  const format = formatOf(contentType);
  if (status !== 200 || format === undefined) {
    body.on('error', () => {}).destroy();
    if (status !== 200) throw new PageSkippedError('status', `it answered ${status}`);
    throw new PageSkippedError('content-type', `it is ${contentType.slice(0, 100)}`);
  }
  const maxBytes = format === 'pdf' ? limits.maxPdfBytes : limits.maxBytes;
  const read = await readBody(body, headerOf(headers, 'content-encoding'), { maxBytes });
  if (read.bytes.length > unsuspiciousBytes && read.bytes.length > read.encodedBytes * maxCompressionRatio) {
    throw new PageSkippedError(
      'encoding',
      `it is more than ${maxCompressionRatio} times its compressed size`,
    );
  }
  if (read.cut && format === 'pdf')
    throw new PageSkippedError('too-large', `it is a PDF of over ${maxBytes} bytes`);
  return { format, bytes: read.bytes, contentType, maxLength: limits.maxTextLength };
}

function formatOf(contentType: string): PageJob['format'] | undefined {
  switch (contentType.split(';')[0]?.trim().toLowerCase()) {
    case 'text/html':
    case 'application/xhtml+xml':
      return 'html';
    case 'text/plain':
    case 'text/markdown':
      return 'text';
    case 'application/pdf':
      return 'pdf';
    default:
      return undefined;
  }
}

function describe(error: unknown, signal: AbortSignal): { reason: SkipReason; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof PageSkippedError) return { reason: error.reason, message };
  if (signal.aborted) return { reason: 'timeout', message: 'it was not read in time' };
  if (error instanceof QueueFullError) {
    return { reason: 'busy', message: 'too many files of the organization wait to be parsed' };
  }
  if (error instanceof WorkerError) return { reason: 'unreadable', message };
  if (error instanceof EncodingError) return { reason: 'encoding', message };
  return { reason: 'network', message };
}
