/** The handling of turns that all dialects share: accepting one, streaming or returning its answer, reconnecting. */
import type { FastifyReply } from 'fastify';
import { type Account, accountOf } from '../../auth/principal.ts';
import { AppError, unauthenticated } from '../../domain/errors.ts';
import type { Dialect, FinishReason } from '../../domain/generation.ts';
import type { MessagePart } from '../../domain/message.ts';
import type { Usage } from '../../domain/usage.ts';
import type { AcceptedGeneration, GenerationEngine } from '../../generation/interface.ts';
import type { LateTurnRequest, TurnRequest } from '../../generation/turn.ts';
import { readPermitted } from '../../generation/turns/permitted.ts';
import type { Database } from '../../store/store.ts';
import { audienceOf } from '../answer/audience.ts';
import { idempotencyClaim } from '../request/idempotency.ts';
import type { GrantedRequest } from '../routing/route.ts';
import { viewOf } from '../routing/view.ts';
import type { Attach, AttachRequest } from '../streaming/attach.ts';
import type { CodecRegistry } from '../streaming/codec.ts';
import { type Connections, revokedMessage, whileGood } from '../streaming/connections.ts';
import { lastEventId } from '../streaming/cursor.ts';
import type { ReadFacts } from '../streaming/facts.ts';
import type { StreamGeneration } from '../streaming/generation-streams.ts';
import { failureOf } from '../streaming/shown.ts';
import type { OpenViewer } from '../streaming/viewers.ts';
import { whenGone } from './hang-up.ts';

type ConversationRequest = GrantedRequest<'conversation'>;

/** A turn request without the fields that come from the caller's credential. */
export type Turn = Omit<TurnRequest, 'scope' | keyof Account>;
/** The same of a turn whose target is looked for only where no first try of the call has stored it. */
export type LateTurn = Omit<LateTurnRequest, 'scope' | keyof Account>;

export interface Answer {
  readonly text: string;
  readonly parts: readonly MessagePart[];
  readonly usage: Usage;
  readonly finishReason: FinishReason;
}

export interface Turns {
  /** Stores the turn and starts its answer, once for each `Idempotency-Key`. Throws as `engine.accept`. */
  accept(request: ConversationRequest, turn: Turn | LateTurn): Promise<AcceptedGeneration>;
  /**
   * Checks whether `accept` would let the caller have this answered, and starts nothing.
   * @throws AppError not_found, invalid_request, forbidden
   */
  permit(request: ConversationRequest, turn: Turn): Promise<void>;
  /**
   * Streams the answer of the turn that `accept` accepts from its first event, in the dialect, or in the view that the
   * request accepts. A caller who may open no more streams is
   * refused before. Throws as `accept`.
   */
  stream(
    request: ConversationRequest,
    reply: FastifyReply,
    dialect: Dialect,
    accept: () => Promise<AcceptedGeneration>,
  ): Promise<FastifyReply>;
  /** The whole answer, once it has ended. Throws AppError with the code of an answer that failed. */
  answer(request: ConversationRequest, accepted: AcceptedGeneration): Promise<Answer>;
  /**
   * Sends the rest of an earlier stream to a request with a `Last-Event-ID`, without starting a new answer. Gives
   * undefined for a request without the header. Throws as `Attach`.
   */
  reconnect(
    request: ConversationRequest,
    reply: FastifyReply,
    expected: { readonly dialect?: Dialect } & Pick<AttachRequest, 'check'>,
  ): Promise<FastifyReply | undefined>;
}

export interface TurnsOptions {
  readonly reads: Database;
  readonly engine: Pick<GenerationEngine, 'accept' | 'answer' | 'get'>;
  readonly streamGeneration: StreamGeneration;
  readonly attach: Attach;
  readonly openViewer: OpenViewer;
  readonly readFacts: ReadFacts;
  readonly codecs: CodecRegistry;
  readonly connections: Connections;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export function createTurns(options: TurnsOptions): Turns {
  const { reads, engine, streamGeneration, attach, openViewer, readFacts, codecs, connections, now } =
    options;
  return {
    accept(request, turn) {
      const { caller, scope } = request;
      const claim = request.method === 'POST' ? idempotencyClaim(request, caller, now()) : undefined;
      return engine.accept({ ...turn, scope, ...accountOf(caller) }, claim);
    },
    async permit({ caller, scope }, turn) {
      await readPermitted(reads, { ...turn, scope, ...accountOf(caller) });
    },
    async stream(request, reply, dialect, accept) {
      await openViewer(reply);
      const { generationId, conversationId, sessionId, answerMessageId } = await accept();
      const { caller, scope } = request;
      const audience = audienceOf(caller);
      const context = { generationId, conversationId, sessionId, messageId: answerMessageId, audience };
      const view = viewOf(request, dialect);
      if (codecs[view].codec.readsFacts !== true) return streamGeneration(reply, { context, view });
      const facts = await readFacts(await engine.get(scope, generationId), scope, caller);
      return streamGeneration(reply, { context: { ...context, facts }, view });
    },
    async answer({ caller, raw }, { generationId }) {
      // Who hangs up waits no more, so that what nobody waits for can be told from the rest.
      using hangUp = whenGone(raw.socket);
      const waiting = engine.answer(generationId, hangUp.signal);
      const { text, parts, outcome } = await whileGood(connections, caller, waiting);
      const isGood = outcome.status !== 'cancelled' || (await connections.isGood(caller));
      if (!isGood) throw unauthenticated(revokedMessage);
      const failure = failureOf(outcome, audienceOf(caller));
      if (failure !== undefined) throw new AppError(failure.code, failure.message, failure.details);
      return { text, parts, usage: outcome.usage, finishReason: outcome.finish_reason ?? 'stop' };
    },
    async reconnect(request, reply, expected) {
      const cursor = lastEventId(request);
      if (cursor === undefined) return undefined;
      const { dialect, check } = expected;
      const view = viewOf(request, dialect);
      return attach(reply, { view, scope: request.scope, cursor, ...(check !== undefined && { check }) });
    },
  };
}
