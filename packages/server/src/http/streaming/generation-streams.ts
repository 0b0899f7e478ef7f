/** Streams generations to clients: subscribes to a log and writes its events as frames of a dialect. */
import type { FastifyReply } from 'fastify';
import type { EventRun } from '../../domain/event.ts';
import type { View } from '../../domain/generation.ts';
import type { GenerationEngine, LogSubscription } from '../../generation/interface.ts';
import type { ShowLimits } from '../routing/caller-limits.ts';
import type { CodecContext, CodecRegistry } from './codec.ts';
import { type Connections, revokedMessage } from './connections.ts';
import { beginning, type Encoded, encodeBeside, encodeRun, type Position } from './encoder.ts';
import type { SseHub } from './sse.ts';

export interface GenerationStreamRequest {
  readonly context: CodecContext;
  readonly view: View;
  /** Where the stream begins. Default: the log's beginning. */
  readonly from?: Position;
}

/** Starts to send a generation from a position on; resolves once it has begun, with the reply hijacked. */
export type StreamGeneration = (
  reply: FastifyReply,
  request: GenerationStreamRequest,
) => Promise<FastifyReply>;

/** The viewers of one generation in one view who may read the same; live events are encoded once for all of them. */
interface Viewers {
  count: number;
  run: EventRun | undefined;
  from: Position | undefined;
  encoded: Encoded | undefined;
}

/** Where a generation can be streamed again: the value of `Content-Location`. Dialects need not be named, `events` must. */
export function streamLocation(generationId: string, view?: View): string {
  return `/api/generations/${generationId}/stream${view === 'events' ? '?dialect=events' : ''}`;
}

export function createGenerationStreams(
  engine: GenerationEngine,
  hub: SseHub,
  registry: CodecRegistry,
  connections: Connections,
  showLimits: ShowLimits,
): StreamGeneration {
  const allViewers = new Map<string, Viewers>();

  function begin(reply: FastifyReply, request: GenerationStreamRequest): void {
    const { context, view } = request;
    const { codec } = registry[view];
    const from = request.from ?? beginning(codec, context);
    const { generationId } = context;
    const { log } = reply;
    const name = `${view}:${context.audience}:${context.facts?.showsReasoning}:${generationId}`;
    const viewers = allViewers.get(name) ?? {
      count: 0,
      run: undefined,
      from: undefined,
      encoded: undefined,
    };
    allViewers.set(name, viewers);
    viewers.count += 1;

    let position = from;
    let isFull = false;
    let subscription: LogSubscription | undefined;
    let isClosed = false;
    /** The end of a cancelled answer, until it is known that the caller's credential is not why it was cancelled. */
    let lastText: string | undefined;

    const encode = (run: EventRun): Encoded => {
      if (viewers.run === run && viewers.encoded && isSamePlace(viewers.from, position)) {
        return viewers.encoded;
      }
      const encoded = encodeRun(codec, generationId, position, run);
      if (viewers.count > 1) {
        viewers.run = run;
        viewers.from = position;
        viewers.encoded = encoded;
      }
      return encoded;
    };

    const stream = hub.open(
      reply,
      { location: streamLocation(generationId, view) },
      {
        onDrain() {
          if (!isFull) return;
          isFull = false;
          subscription?.resume();
        },
        onClose() {
          isClosed = true;
          connection[Symbol.dispose]();
          subscription?.close();
          viewers.count -= 1;
          if (viewers.count === 0) allViewers.delete(name);
        },
      },
    );
    const revoke = (): void => {
      subscription?.close();
      const step = { type: 'error', code: 'unauthenticated', message: revokedMessage } as const;
      stream.write(encodeBeside(codec, position, step));
      stream.end();
    };
    const { caller } = reply.request;
    const connection = connections.add(caller, revoke);
    const endCancelled = async (text: string): Promise<void> => {
      if (!(await connections.isGood(caller))) return revoke();
      stream.write(text);
      stream.end();
    };
    subscription = engine.subscribe(generationId, from.seq, {
      write(run) {
        try {
          const { text, position: next } = encode(run);
          if (isCancelled(run)) {
            lastText = text;
            return true;
          }
          position = next;
          if (text === '') return true;
          isFull = !stream.write(text);
          return !isFull;
        } catch (error) {
          log.error(
            { err: error, generation: generationId },
            'a stream was broken off: its events could not be encoded',
          );
          stream.abort();
          return false;
        }
      },
      end() {
        if (lastText === undefined) stream.end();
        else endCancelled(lastText).catch(() => stream.abort());
      },
      fail(error) {
        log.warn(
          { err: error, generation: generationId },
          'a stream was broken off: its log could not be read',
        );
        stream.abort();
      },
    });
    if (isClosed) subscription.close();
  }

  return async (reply, request) => {
    await showLimits(reply);
    begin(reply, request);
    return reply;
  };
}

/** Whether the answer was cancelled at the end of a run. */
function isCancelled({ events }: EventRun): boolean {
  const last = events.at(-1);
  return typeof last === 'object' && last.type === 'generation-finished' && last.status === 'cancelled';
}

/** Whether two positions in one log are equal. Their states then are equal too, since codecs are pure. */
function isSamePlace(a: Position | undefined, b: Position): boolean {
  return a?.seq === b.seq && a.skipFrames === b.skipFrames;
}
