/** Attaches a client to an existing generation, from its start or from behind an event that the client has. */
import type { FastifyReply } from 'fastify';
import { isFinalEvent } from '../../domain/event.ts';
import type { Dialect } from '../../domain/generation.ts';
import type { Scope } from '../../domain/scope.ts';
import type { GenerationEngine, GenerationView } from '../../generation/interface.ts';
import { type Audience, audienceOf } from '../answer/audience.ts';
import { answerStreamHead } from '../routing/head.ts';
import type { CodecContext, CodecRegistry } from './codec.ts';
import { neverIssued, parseCursor } from './cursor.ts';
import { eventsThrough } from './cursor-events.ts';
import { isIssued, positionAt } from './encoder.ts';
import { type StreamGeneration, streamLocation } from './generation-streams.ts';
import type { OpenViewer } from './viewers.ts';

export interface AttachRequest {
  readonly scope: Scope;
  /** Absent for the generation that the cursor names. */
  readonly generationId?: string;
  /** The event id behind which the stream begins; absent to begin at the start. */
  readonly cursor?: string | undefined;
  /** Absent for the dialect that the generation was started in. */
  readonly dialect?: Dialect | undefined;
  /** Throws if the generation is not the one that the path or the body means. */
  check?(generation: GenerationView): void;
}

/** Streams with the reply hijacked, or answers 204 if the client has seen the end. */
export type Attach = (reply: FastifyReply, request: AttachRequest) => Promise<FastifyReply>;

/** Makes `Attach`, which throws AppError not_found, invalid_request for a cursor that no dialect issued, and rate_limited. */
export function createAttach(
  engine: GenerationEngine,
  streamGeneration: StreamGeneration,
  registry: CodecRegistry,
  openViewer: OpenViewer,
): Attach {
  return async (reply, request) => {
    const cursor = request.cursor === undefined ? undefined : parseCursor(request.cursor);
    const generationId = request.generationId ?? cursor?.generationId;
    if (generationId === undefined) throw neverIssued();
    const generation = await engine.get(request.scope, generationId);
    if (cursor !== undefined && cursor.generationId !== generation.id) throw neverIssued();
    request.check?.(generation);
    const dialect = request.dialect ?? generation.dialect;
    const context = codecContext(generation, audienceOf(reply.request.caller));
    const isHead = reply.request.method === 'HEAD';
    if (cursor === undefined) {
      if (isHead) return answerStreamHead(reply, streamLocation(generation.id));
      await openViewer(reply);
      streamGeneration(reply, { context, dialect });
      return reply;
    }
    const events = await eventsThrough(engine, request.scope, generation.id, cursor.seq);
    const codecs = Object.values(registry).map(({ codec }) => codec);
    if (!codecs.some((codec) => isIssued(codec, context, cursor, events))) throw neverIssued();
    if (cursor.part === undefined && isFinalEvent(events.at(-1))) return reply.code(204).send();
    if (isHead) return answerStreamHead(reply, streamLocation(generation.id));
    await openViewer(reply);
    const from = positionAt(registry[dialect].codec, context, cursor, events);
    streamGeneration(reply, { context, dialect, from });
    return reply;
  };
}

function codecContext(generation: GenerationView, audience: Audience): CodecContext {
  return {
    generationId: generation.id,
    conversationId: generation.conversationId,
    sessionId: generation.sessionId,
    messageId: generation.messageId,
    audience,
  };
}
