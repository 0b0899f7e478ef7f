/** Reads event streams over HTTP: it keeps every frame unchanged, can read slowly, and can break off at any moment. */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

export interface Frame {
  /** The value of the `id:` line; empty if there is none. */
  readonly id: string;
  /** The value of the `event:` line; `message` if there is none. */
  readonly event: string;
  /** Its `data:` lines, joined by LF. */
  readonly data: string;
  /** All of its lines, without the blank one at the end. */
  readonly raw: string;
}

export interface StreamCall {
  /** Address with path and query. */
  readonly url: string;
  /** HTTP method. Default: POST with a body, else GET. */
  readonly method?: string;
  /** A text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `ended`: the response came to its proper end; `broken`: the connection broke, or `destroy` was called. */
export type StreamEnd = 'ended' | 'broken';

export interface ClientStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Frames so far. */
  readonly frames: readonly Frame[];
  /** Comments so far, without the colon. */
  readonly comments: readonly string[];
  /** The body received so far, unchanged; the whole body once `closed`. */
  body(): string;
  readonly closed: Promise<StreamEnd>;
  /**
   * Waits for a number of frames, or until the function `enough` gives true; it is called whenever something has
   * arrived. Resolves with false if the stream closes before.
   */
  until(enough: number | (() => boolean)): Promise<boolean>;
  /** Called with every frame from now on. */
  onFrame(listener: (frame: Frame) => void): void;
  pause(): void;
  resume(): void;
  destroy(): void;
}

/** Resolves with the headers, and rejects if there is no answer. Every call has a connection of its own. */
export function openStream(call: StreamCall): Promise<ClientStream> {
  const body =
    typeof call.body === 'string' || call.body === undefined ? call.body : JSON.stringify(call.body);
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      call.url,
      {
        method: call.method ?? (body === undefined ? 'GET' : 'POST'),
        agent: false,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...call.headers },
      },
      (response) => resolve(new Reading(response)),
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** The generation that a stream names in its `Content-Location`. */
export function generationOf(stream: Pick<ClientStream, 'headers'>): string {
  const location = stream.headers['content-location'] ?? '';
  const [, id] = /^\/api\/generations\/([0-9a-f-]{36})\/stream$/.exec(location) ?? [];
  if (id === undefined) throw new Error(`a stream names no generation: ${location}`);
  return id;
}

/** The text of an answer in the chat dialect. */
export function tokensOf(frames: readonly Frame[]): string {
  const events = frames.map(({ data }) => JSON.parse(data) as { type: string; content?: string });
  return events.map(({ type, content }) => (type === 'token' ? content : '')).join('');
}

export function parseFrame(raw: string): Frame {
  let id = '';
  let event = 'message';
  const data: string[] = [];
  for (const line of raw.split('\n')) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') id = value;
    else if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
  }
  return { id, event, data: data.join('\n'), raw };
}

class Reading implements ClientStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly frames: Frame[] = [];
  readonly comments: string[] = [];
  readonly closed: Promise<StreamEnd>;
  readonly #response: IncomingMessage;
  readonly #listeners = new Set<() => void>();
  readonly #body: string[] = [];
  /** The beginning of a frame that is not complete yet. */
  #rest = '';
  #isDestroyed = false;

  constructor(response: IncomingMessage) {
    this.#response = response;
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    const isEventStream = response.headers['content-type']?.startsWith('text/event-stream') ?? false;
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      this.#body.push(chunk);
      if (isEventStream) this.#takeFrames(chunk);
    });
    const { promise, resolve } = Promise.withResolvers<StreamEnd>();
    this.closed = promise;
    response.on('error', () => undefined);
    response.on('close', () => {
      // A response that was destroyed may be complete, with its last frames unread.
      resolve(response.complete && !this.#isDestroyed ? 'ended' : 'broken');
      this.#tell();
    });
  }

  body(): string {
    return this.#body.join('');
  }

  until(enough: number | (() => boolean)): Promise<boolean> {
    return new Promise((resolve) => {
      const look = (): void => {
        const isThere = typeof enough === 'number' ? this.frames.length >= enough : enough();
        if (!isThere && !this.#response.closed) return;
        this.#listeners.delete(look);
        resolve(isThere);
      };
      this.#listeners.add(look);
      look();
    });
  }

  onFrame(listener: (frame: Frame) => void): void {
    let told = this.frames.length;
    this.#listeners.add(() => {
      while (told < this.frames.length) listener(this.frames[told++] as Frame);
    });
  }

  pause(): void {
    this.#response.pause();
  }

  resume(): void {
    this.#response.resume();
  }

  destroy(): void {
    this.#isDestroyed = true;
    this.#response.destroy();
  }

  #takeFrames(chunk: string): void {
    const blocks = `${this.#rest}${chunk}`.split('\n\n');
    this.#rest = blocks.pop() ?? '';
    if (blocks.length === 0) return;
    for (const block of blocks) {
      if (block.startsWith(':')) this.comments.push(block.slice(1).trim());
      else this.frames.push(parseFrame(block));
    }
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
