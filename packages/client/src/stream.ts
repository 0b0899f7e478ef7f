/** The events of one answer over as many connections as it takes. */
import { ColloquyError } from './errors.ts';
import { type Format, readFrames } from './events.ts';
import { asConnectionError, backoffMs, mayRetry, type Request, type Settings, send, wait } from './http.ts';

/** Where an answer's stream is, and how far it was read. It outlives connections, and grows while events come. */
export interface Position {
  /** The call that starts the answer; undefined: it has been started. */
  readonly start: (() => Promise<Request>) | undefined;
  /** The path of the stream, once it is known. */
  path: string | undefined;
  lastEventId: string | undefined;
}

export interface StreamOptions {
  readonly signal: AbortSignal;
  /** How many tries in a row may bring no event. */
  readonly maxRetries: number;
  /** A connection is lost, and will be tried again. */
  readonly onReconnect?: ((info: { readonly attempt: number; readonly delayMs: number }) => void) | undefined;
  /** The server has taken the call, and `position.path` is known. */
  readonly onConnect?: (() => void) | undefined;
  readonly silenceMs?: number | undefined;
}

const streamless =
  'this fetch gives no streams, so an answer comes as a whole when it has ended; give `fetch` of expo/fetch, or another one that streams';

/**
 * The events behind `position.lastEventId`, to the last one. Ends at once if there are none.
 * @throws ColloquyError if the answer has failed or the server refuses; ConnectionError after too many tries
 */
export async function* follow<Event>(
  settings: Settings,
  format: Format<Event>,
  position: Position,
  options: StreamOptions,
): AsyncGenerator<Event> {
  const { signal, maxRetries, onReconnect, onConnect } = options;
  for (let tries = 1; ; tries += 1) {
    let leastMs = 0;
    let failure: unknown = new Error('the connection was closed');
    try {
      const response = await connect(settings, format, position, signal);
      if (response.status === 204) return;
      onConnect?.();
      if (response.body == null) settings.warn(streamless);
      for await (const frame of readFrames(response, options.silenceMs)) {
        const event = format.read(frame);
        if (event === undefined) continue;
        tries = 1;
        if (frame.id !== '') position.lastEventId = frame.id;
        yield event;
        if (format.isLast(event)) return;
      }
    } catch (error) {
      if (signal.aborted) throw error;
      const mayWait = mayRetry(error, true);
      if (mayWait === undefined) throw error;
      leastMs = mayWait;
      failure = error;
    }
    if (tries > maxRetries) throw asConnectionError(failure);
    const delayMs = Math.max(leastMs, backoffMs(tries));
    onReconnect?.({ attempt: tries, delayMs });
    await wait(delayMs, signal);
  }
}

async function connect<Event>(
  settings: Settings,
  { accept, dialect }: Format<Event>,
  position: Position,
  signal: AbortSignal,
): Promise<Response> {
  const { start, path, lastEventId } = position;
  const request: Request =
    path === undefined && start !== undefined
      ? await start()
      : { method: 'GET', path: path ?? '', query: { dialect } };
  const response = await send(settings, {
    ...request,
    headers: {
      ...request.headers,
      Accept: accept,
      ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }),
    },
    signal,
  });
  position.path ??= pathOf(response.headers.get('content-location'));
  if (position.path === undefined && response.status !== 204)
    throw new ColloquyError(
      'internal',
      'the answer has no Content-Location: is it a Colloquy server of today?',
      {
        status: response.status,
      },
    );
  return response;
}

/** The path of a stream below the base address, whatever a proxy has put before it. */
function pathOf(location: string | null): string | undefined {
  return /\/api\/generations\/[^/?#]+\/stream/.exec(location ?? '')?.[0];
}
