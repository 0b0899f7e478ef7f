/** Answers that nothing is stored of, streamed in the view `events` to whoever asked, and cancelled when they hang up. */
import type { FastifyReply } from 'fastify';
import type { Principal } from '../../auth/principal.ts';
import type { GenerationEngine } from '../../generation/interface.ts';
import type { TurnRequest, TurnRequestTarget } from '../../generation/turn.ts';
import { audienceOf } from '../answer/audience.ts';
import type { ReadFacts } from '../streaming/facts.ts';
import type { StreamGeneration } from '../streaming/generation-streams.ts';
import type { OpenViewer } from '../streaming/viewers.ts';

/** A turn of which nothing is stored. */
export interface TurnOnce extends Omit<TurnRequest, 'target' | 'dialect' | 'whenBusy'> {
  readonly target: Extract<TurnRequestTarget, { kind: 'stateless' }>;
}

/** Resolves once the stream has begun, with the reply hijacked. Throws as `engine.accept`, and AppError rate_limited. */
export type AnswerOnce = (reply: FastifyReply, caller: Principal, turn: TurnOnce) => Promise<FastifyReply>;

export interface AnswerOnceOptions {
  readonly engine: Pick<GenerationEngine, 'accept' | 'get' | 'cancel'>;
  readonly openViewer: OpenViewer;
  readonly readFacts: ReadFacts;
  readonly streamGeneration: StreamGeneration;
}

export function createAnswerOnce(options: AnswerOnceOptions): AnswerOnce {
  const { engine, openViewer, readFacts, streamGeneration } = options;
  return async (reply, caller, turn) => {
    const { scope } = turn;
    const { log } = reply;
    await openViewer(reply);
    // Its stream is of no dialect; this one keeps nothing of a request that another reader would need.
    const accepted = await engine.accept({ ...turn, dialect: 'chat', whenBusy: 'reject' });
    const { generationId, conversationId, sessionId, answerMessageId: messageId } = accepted;
    const stop = (): void => {
      if (reply.raw.writableFinished) return;
      engine
        .cancel(scope, generationId)
        .catch((err: unknown) => log.warn({ err, generation: generationId }, 'an answer was not cancelled'));
    };
    if (reply.raw.destroyed) stop();
    else reply.raw.once('close', stop);
    const facts = await readFacts(await engine.get(scope, generationId), scope, caller);
    const audience = audienceOf(caller);
    const context = { generationId, conversationId, sessionId, messageId, audience, facts };
    return streamGeneration(reply, { context, view: 'events' });
  };
}
