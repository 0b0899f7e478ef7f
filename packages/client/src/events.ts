/** Server-Sent Events of a response, and the server's view `events` as the client's events. */
import { createParser } from 'eventsource-parser';
import { ColloquyError, type ErrorCode } from './errors.ts';
import type { AnswerEvent } from './types.ts';
import { toCamel } from './wire.ts';

/** A stream that is silent for so long, in milliseconds, is broken: three pings of the server's were missed. */
export const silenceMs = 45_000;

const plainTypes: ReadonlySet<unknown> = new Set([
  'session',
  'queued',
  'started',
  'status',
  'reasoning',
  'sources',
  'text',
  'done',
]);
const callTypes: Readonly<Record<string, AnswerEvent['type']>> = {
  tool_call: 'toolCall',
  tool_call_delta: 'toolCallDelta',
  tool_call_end: 'toolCallEnd',
};

type Data = { readonly [name: string]: unknown };

export interface Frame {
  readonly id: string;
  readonly data: string;
}

/** A form in which the server sends an answer. */
export interface Format<Event> {
  /** Of a request. */
  readonly accept: string;
  /** The dialect, as `?dialect=` names it. */
  readonly dialect: string;
  /** undefined: an event of a newer server, which is passed over. @throws ColloquyError for an error */
  read(frame: Frame): Event | undefined;
  isLast(event: Event): boolean;
}

/** The server's view `events`. */
export const events: Format<AnswerEvent> = {
  accept: 'application/vnd.colloquy.events',
  dialect: 'events',
  read: ({ id, data }) => eventOf(id, parsed(data)),
  isLast: ({ type }) => type === 'done',
};

/**
 * The frames of a response, as they come. One that ends without a last event was cut.
 * @throws what the body throws; an Error after `silenceMs` without a byte
 */
export async function* readFrames(
  response: Response,
  silenceAfterMs: number = silenceMs,
): AsyncGenerator<Frame> {
  let waiting: Frame[] = [];
  const parser = createParser({ onEvent: ({ id = '', data }) => void waiting.push({ id, data }) });
  for await (const text of texts(response, silenceAfterMs)) {
    parser.feed(text);
    const frames = waiting;
    waiting = [];
    yield* frames;
  }
}

function parsed(data: string): Data {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? (value as Data) : {};
  } catch {
    return {};
  }
}

/** undefined: an event of a newer server. */
function eventOf(id: string, data: Data): AnswerEvent | undefined {
  const { type, ...fields } = data;
  if (type === 'error') {
    const { code, message } = data;
    throw new ColloquyError((code ?? 'internal') as ErrorCode, String(message ?? 'the answer has failed'));
  }
  if (plainTypes.has(type)) return { ...(toCamel(data) as AnswerEvent), id };
  const callType = callTypes[String(type)];
  if (callType === undefined) return undefined;
  return { ...fields, type: callType, callId: fields.id, id } as unknown as AnswerEvent;
}

/** The body's text, in pieces. */
async function* texts(response: Response, silenceAfterMs: number): AsyncGenerator<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) {
    // A fetch without streams (React Native's own) gives the text once the answer has ended.
    yield await response.text();
    return;
  }
  const decoder = new TextDecoder();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    for (;;) {
      const silence = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`nothing came for ${silenceAfterMs} ms`)), silenceAfterMs);
      });
      const { done, value } = await Promise.race([reader.read(), silence]);
      clearTimeout(timer);
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    clearTimeout(timer);
    // A body that has failed, or whose reader has gone, is not read to its end.
    void reader.cancel().catch(() => undefined);
  }
}
