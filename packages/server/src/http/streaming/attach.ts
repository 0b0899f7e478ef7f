/** Attaches a client to an existing generation, from its start or from behind an event that the client has. */
import type { FastifyReply } from 'fastify';
import { isFinalEvent } from '../../domain/event.ts';
import type { Dialect } from '../../domain/generation.ts';
import type { Scope } from '../../domain/scope.ts';
import type { GenerationEngine, GenerationView, LogPlace } from '../../generation/interface.ts';
import { type Audience, audienceOf } from '../answer/audience.ts';
import { answerStreamHead } from '../routing/head.ts';
import type { Codec, CodecContext, CodecRegistry } from './codec.ts';
import { type Cursor, neverIssued, parseCursor } from './cursor.ts';
import { placeOf } from './cursor-place.ts';
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
  const codecs = Object.values(registry).map(({ codec }) => codec);
  const deltaReaders = codecs.filter((codec) => codec.readsDeltas === true);

  /** The place of a cursor that a dialect issued, as `codec` needs it. @throws AppError invalid_request */
  async function issuedPlace(
    scope: Scope,
    context: CodecContext,
    cursor: Cursor,
    codec: Codec,
  ): Promise<LogPlace> {
    const { generationId } = context;
    const place = await placeOf(engine, scope, generationId, cursor.seq);
    if (place === undefined) throw neverIssued();
    const isIssuedBy = (one: Codec, at: LogPlace): boolean => isIssued(one, context, cursor, at);
    const isKnown = codecs.some((one) => one.readsDeltas !== true && isIssuedBy(one, place));
    if (isKnown && codec.readsDeltas !== true) return place;
    if (!isKnown && deltaReaders.length === 0) throw neverIssued();
    const whole = await engine.readPlace(generationId, cursor.seq, true);
    if (whole === undefined) throw neverIssued();
    if (!isKnown && !deltaReaders.some((one) => isIssuedBy(one, whole))) throw neverIssued();
    return whole;
  }

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
      return streamGeneration(reply, { context, dialect });
    }
    const place = await issuedPlace(request.scope, context, cursor, registry[dialect].codec);
    if (cursor.part === undefined && isFinalEvent(place.event)) return reply.code(204).send();
    if (isHead) return answerStreamHead(reply, streamLocation(generation.id));
    await openViewer(reply);
    const from = positionAt(registry[dialect].codec, context, cursor, place);
    return streamGeneration(reply, { context, dialect, from });
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
