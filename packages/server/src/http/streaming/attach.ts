/** Attaching to a generation that exists: from its start, or from behind an event that a client has. */
import type { FastifyReply } from 'fastify';
import { AppError } from '../../domain/errors.ts';
import { isFinalEvent } from '../../domain/event.ts';
import type { Dialect } from '../../domain/generation.ts';
import type { Scope } from '../../domain/scope.ts';
import type { GenerationEngine, GenerationView } from '../../generation/interface.ts';
import { codecs } from '../dialects/codecs.ts';
import type { Codec, CodecContext } from './codec.ts';
import { neverIssued, parseCursor } from './cursor.ts';
import { eventsThrough } from './cursor-events.ts';
import { beginning, isIssued, positionAt } from './encoder.ts';
import type { StreamGeneration } from './generation-streams.ts';

export interface AttachRequest {
  readonly scope: Scope;
  /** Absent: the one that the cursor names. */
  readonly generationId?: string;
  /** The event id behind which the stream begins; absent: from the start. */
  readonly cursor?: string | undefined;
  /** Absent: the one that the generation was started in. */
  readonly dialect?: Dialect | undefined;
  /** Throws where the generation is not the one that the path or the body means. */
  check?(generation: GenerationView): void;
}

/** Streams, with the reply hijacked; or answers 204, where the client has seen the end. */
export type Attach = (reply: FastifyReply, request: AttachRequest) => Promise<FastifyReply>;

/** The call of `Attach` throws AppError not_found, invalid_request (a cursor that was never issued), unsupported. */
export function createAttach(engine: GenerationEngine, streamGeneration: StreamGeneration): Attach {
  return async (reply, request) => {
    const cursor = request.cursor === undefined ? undefined : parseCursor(request.cursor);
    const generationId = request.generationId ?? cursor?.generationId;
    if (generationId === undefined) throw neverIssued();
    const generation = await engine.get(request.scope, generationId);
    if (cursor !== undefined && cursor.generationId !== generation.id) throw neverIssued();
    request.check?.(generation);
    const dialect = request.dialect ?? generation.dialect;
    const codec = codecOf(dialect);
    const context = codecContext(generation);
    if (cursor === undefined) {
      streamGeneration(reply, { context, dialect, codec, from: beginning(codec, context) });
      return reply;
    }
    const events = await eventsThrough(engine, request.scope, generation.id, cursor.seq);
    if (!Object.values(codecs).some((one) => isIssued(one, context, cursor, events))) throw neverIssued();
    if (cursor.part === undefined && isFinalEvent(events.at(-1))) return reply.code(204).send();
    streamGeneration(reply, { context, dialect, codec, from: positionAt(codec, context, cursor, events) });
    return reply;
  };
}

/** @throws AppError unsupported */
export function codecOf(dialect: Dialect): Codec {
  const codec = codecs[dialect];
  if (codec === undefined) {
    throw new AppError('unsupported', `the dialect ${dialect} is not supported`, { field: 'dialect' });
  }
  return codec;
}

export function codecContext(generation: GenerationView): CodecContext {
  return {
    generationId: generation.id,
    conversationId: generation.conversationId,
    sessionId: generation.sessionId,
    messageId: generation.messageId,
  };
}
