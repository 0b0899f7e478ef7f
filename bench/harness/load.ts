/**
 * The clients: each posts one message and reads its stream. During the load they only keep the bytes that arrive and
 * count frames; the texts are compared to the letter when the load is over.
 *
 * They do not use the testkit's reader of event streams, which parses each frame as it comes: on a machine that the
 * server shares, this would slow the server that is measured.
 */
import { request as httpRequest } from 'node:http';
import { type Dialect, type DialectEvent, dialects } from './dialects.ts';
import { expectedText, promptOf } from './vocabulary.ts';

/** The address at which a relay takes messages. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
}

const continuationPath = '/api/chat/continuation/stream';

export interface ClientOptions {
  /** Default: chat. */
  readonly dialect?: Dialect | undefined;
  /** A session that the client continues instead of starting one, in the chat dialect. */
  readonly session?: string | undefined;
}

export class ClientStream {
  readonly number: number;
  readonly done: Promise<void>;
  readonly sentAtMs: number;
  /** `performance.now()` when the first token was read; undefined until then. */
  firstTokenAtMs: number | undefined;
  /** Resolves with the first token, and where the stream ends without one. */
  readonly begun: Promise<void>;
  /** Token frames so far, counted by their mark; a frame whose mark arrived in two pieces is not counted. */
  tokenFrames = 0;
  /** Resolves with the address at which the stream can be resumed. */
  readonly location: Promise<string>;
  readonly #dialect: Dialect;
  readonly #chunks: Buffer[] = [];
  readonly #abort: () => void;
  readonly #begin: () => void;

  constructor(target: Target, number: number, { dialect = dialects.chat, session }: ClientOptions = {}) {
    this.number = number;
    this.#dialect = dialect;
    this.sentAtMs = performance.now();
    const path = session === undefined ? dialect.path : continuationPath;
    const body = JSON.stringify(
      session === undefined ? dialect.body(number) : { message: promptOf(number), session },
    );
    const request = httpRequest({
      host: target.host,
      port: target.port,
      method: 'POST',
      path,
      agent: false,
      headers: {
        ...target.headers,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    });
    this.#abort = () => request.destroy();
    const begun = Promise.withResolvers<void>();
    this.begun = begun.promise;
    this.#begin = begun.resolve;
    const location = Promise.withResolvers<string>();
    this.location = location.promise;
    this.location.catch(() => undefined);
    request.on('error', location.reject);
    request.on('response', ({ headers }) => location.resolve(headers['content-location'] ?? ''));
    this.done = new Promise((resolve, reject) => {
      request.on('error', reject);
      request.on('response', (response) => {
        response.on('data', (chunk: Buffer) => this.#take(chunk));
        response.on('error', reject);
        response.on('end', () => {
          if (response.statusCode === 200) return resolve();
          reject(new Error(`${response.statusCode}: ${Buffer.concat(this.#chunks).toString('utf8')}`));
        });
      });
    });
    this.done.catch(() => undefined).finally(this.#begin);
    request.end(body);
  }

  #take(chunk: Buffer): void {
    const { tokenMark } = this.#dialect;
    this.#chunks.push(chunk);
    let at = chunk.indexOf(tokenMark);
    if (at === -1) return;
    this.firstTokenAtMs ??= performance.now();
    this.#begin();
    for (; at !== -1; at = chunk.indexOf(tokenMark, at + tokenMark.length)) this.tokenFrames += 1;
  }

  /** The frames that have arrived, without comments. */
  frames(): string[] {
    const frames = Buffer.concat(this.#chunks)
      .toString('utf8')
      .split(/(?<=\n\n)/);
    return frames.filter((frame) => !frame.startsWith(':'));
  }

  /** Breaks the connection off. */
  abort(): void {
    this.#abort();
  }

  /**
   * Compares the text that arrived with the one that the upstream sent, or with its beginning if `isWhole` is false.
   * @throws Error that says what differs
   */
  check(tokens: number, isWhole: boolean): { readonly frames: number } {
    const frames = Buffer.concat(this.#chunks).toString('utf8').split('\n\n');
    let text = '';
    let tokenFrames = 0;
    let last: DialectEvent | undefined;
    let isDone = false;
    if (!isWhole) frames.pop();
    for (const frame of frames) {
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (data === undefined) continue;
      if (!/^id: \S+$/m.test(frame))
        throw new Error(`stream ${this.number}: a frame without an id: ${frame}`);
      if (isDone) throw new Error(`stream ${this.number}: a frame behind the last one: ${frame}`);
      if (data === '[DONE]') {
        isDone = true;
        continue;
      }
      last = JSON.parse(data) as DialectEvent;
      const token = this.#dialect.tokenOf(last);
      if (token === undefined) continue;
      text += token;
      tokenFrames += 1;
    }
    const wanted = expectedText(this.number, tokens);
    const hasEnd = last !== undefined && this.#dialect.isEnd(last) && isDone === this.#dialect.hasDoneFrame;
    if (isWhole ? text !== wanted || !hasEnd : !wanted.startsWith(text)) {
      const at = [...text].findIndex((character, index) => character !== [...wanted][index]);
      throw new Error(
        `stream ${this.number}: ${text.length} of ${wanted.length} characters, differs at ${at}, last event ${JSON.stringify(last)}`,
      );
    }
    return { frames: tokenFrames };
  }
}
