/** Attaches a client to an existing generation, from its start or from behind an event that the client has. */
import type { FastifyReply } from 'fastify';
import { isFinalEvent } from '../../domain/event.ts';
import type { View } from '../../domain/generation.ts';
import type { Scope } from '../../domain/scope.ts';
import type { GenerationEngine, GenerationView, LogPlace } from '../../generation/interface.ts';
import { type Audience, audienceOf } from '../answer/audience.ts';
import { answerStreamHead } from '../routing/head.ts';
import type { Codec, CodecContext, CodecRegistry } from './codec.ts';
import { type Cursor, neverIssued, parseCursor } from './cursor.ts';
import { placeOf } from './cursor-place.ts';
import { beginning, isIssued, positionAt } from './encoder.ts';
import type { GenerationFacts, ReadFacts } from './facts.ts';
import { type StreamGeneration, streamLocation } from './generation-streams.ts';
import type { OpenViewer } from './viewers.ts';

export interface AttachRequest {
  readonly scope: Scope;
  /** Absent for the generation that the cursor names. */
  readonly generationId?: string;
  /** The event id behind which the stream begins; absent to begin at the start. */
  readonly cursor?: string | undefined;
  /** How many frames of the view the client has already, where it names no event. Default: none. */
  readonly skipFrames?: number;
  /** Absent for the dialect that the generation was started in. */
  readonly view?: View | undefined;
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
  readFacts: ReadFacts,
): Attach {
  const codecs = Object.values(registry).map(({ codec }) => codec);
  const deltaReaders = codecs.filter((codec) => codec.readsDeltas === true);

  /** The place of a cursor that a dialect issued, as `codec` needs it. @throws AppError invalid_request */
  async function issuedPlace(
    scope: Scope,
    context: CodecContext,
    cursor: Cursor,
    codec: Codec,
    factsForAnybody: () => Promise<GenerationFacts>,
  ): Promise<LogPlace> {
    const { generationId } = context;
    const place = await placeOf(engine, scope, generationId, cursor.seq);
    if (place === undefined) throw neverIssued();
    const { facts: _, ...plain } = context;
    const isIssuedPlainly = (one: Codec): boolean => isIssued(one, plain, cursor, place);
    const isKnown = codecs.some((one) => one.readsDeltas !== true && isIssuedPlainly(one));
    if (isKnown && codec.readsDeltas !== true) return place;
    if (!isKnown && deltaReaders.length === 0) throw neverIssued();
    const whole = await engine.readPlace(generationId, cursor.seq, true);
    if (whole === undefined) throw neverIssued();
    if (isKnown) return whole;
    const toAnybody = { ...context, facts: await factsForAnybody() };
    if (!deltaReaders.some((one) => isIssued(one, toAnybody, cursor, whole))) throw neverIssued();
    return whole;
  }

  return async (reply, request) => {
    const cursor = request.cursor === undefined ? undefined : parseCursor(request.cursor);
    const generationId = request.generationId ?? cursor?.generationId;
    if (generationId === undefined) throw neverIssued();
    const generation = await engine.get(request.scope, generationId);
    if (cursor !== undefined && cursor.generationId !== generation.id) throw neverIssued();
    request.check?.(generation);
    const view = request.view ?? generation.dialect;
    const { codec } = registry[view];
    const { caller } = reply.request;
    const context = {
      ...codecContext(generation, audienceOf(caller)),
      ...(codec.readsFacts === true && { facts: await readFacts(generation, request.scope, caller) }),
    };
    const location = streamLocation(generation.id, view);
    const isHead = reply.request.method === 'HEAD';
    if (cursor === undefined) {
      if (isHead) return answerStreamHead(reply, location);
      await openViewer(reply);
      const { skipFrames = 0 } = request;
      return streamGeneration(reply, { context, view, from: { ...beginning(codec, context), skipFrames } });
    }
    // It may have been issued to somebody who reads more.
    const factsForAnybody = async (): Promise<GenerationFacts> => ({
      ...(context.facts ?? (await readFacts(generation, request.scope, caller))),
      showsReasoning: true,
    });
    const place = await issuedPlace(request.scope, context, cursor, codec, factsForAnybody);
    if (cursor.part === undefined && isFinalEvent(place.event)) return reply.code(204).send();
    if (isHead) return answerStreamHead(reply, location);
    await openViewer(reply);
    const from = positionAt(codec, context, cursor, place);
    return streamGeneration(reply, { context, view, from });
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
