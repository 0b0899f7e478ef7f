/** Long conversations for the tests of the context window. */

import { answer, type RecordedRequest, type Script } from 'colloquy-testkit/upstream/scripted-upstream';
import type { Engine } from '../../../src/generation/engine.ts';
import type { AcceptedGeneration } from '../../../src/generation/interface.ts';
import type { TurnRequest, TurnRequestTarget } from '../../../src/generation/turn.ts';
import { type EngineHarness, readLog } from '../engines.ts';
import { type InsertedMessage, insertMessages } from '../insert-message.ts';

/** About 300 tokens where four bytes are one; the harness's model has a window of 4000, 2976 of it for the prompt. */
export const long = (label: string): string => `${label} ${'word '.repeat(240)}`.trim();

export const isSummaryCall = (request: RecordedRequest): boolean =>
  request.body?.messages?.[0]?.content.startsWith('You keep the record') === true;
export const promptOf = (request: RecordedRequest): readonly { role: string; content: string }[] =>
  request.body?.messages ?? [];
export const answerCalls = (h: EngineHarness): RecordedRequest[] =>
  h.upstream.requests.filter((one) => !isSummaryCall(one));
export const summaryCalls = (h: EngineHarness): RecordedRequest[] =>
  h.upstream.requests.filter(isSummaryCall);

/** A model that gives long answers, and the summaries `summary 1`, `summary 2`, … */
export function scriptLong(h: EngineHarness, summarise?: (n: number) => Script): void {
  let answers = 0;
  let summaries = 0;
  h.upstream.setDefault((request) => {
    if (!isSummaryCall(request)) return answer('', { tokens: [long(`answer ${++answers}`)] });
    summaries++;
    return summarise?.(summaries) ?? answer('', { tokens: [`summary ${summaries}`] });
  });
}

export async function say(
  h: EngineHarness,
  engine: Engine,
  target: Partial<TurnRequestTarget> & { text?: string },
  more: Partial<TurnRequest> = {},
): Promise<AcceptedGeneration> {
  const accepted = await engine.accept(h.turn(target, more));
  await readLog(engine, accepted.generationId).ended;
  return accepted;
}

/** Runs turns `question 1` … `question n` in one session, and waits for the background work after each. */
export async function talk(h: EngineHarness, engine: Engine, turns: number): Promise<AcceptedGeneration[]> {
  const first = await say(h, engine, { text: long('question 1') });
  const all = [first];
  for (let n = 2; n <= turns; n++) {
    await settled(h, engine, first.sessionId);
    const text = long(`question ${n}`);
    all.push(await say(h, engine, { kind: 'session', sessionId: first.sessionId, text }));
  }
  await settled(h, engine, first.sessionId);
  return all;
}

/** Waits for the summary, which starts right after the readers got the turn's end. */
export async function settled(h: EngineHarness, engine: Engine, sessionId: string): Promise<void> {
  await h.place.store.reads.selectFrom('session').select('id').where('id', '=', sessionId).execute();
  await new Promise((resolve) => setImmediate(resolve));
  await engine.summariesWritten();
}

export async function summariesOf(h: EngineHarness, sessionId: string) {
  return await h.place.store.reads
    .selectFrom('summary')
    .selectAll()
    .where('session_id', '=', sessionId)
    .orderBy('version')
    .execute();
}

/** Puts a message into the session of a turn; gives its id. */
export async function insert(
  h: EngineHarness,
  { userMessageId }: AcceptedGeneration,
  message: InsertedMessage,
): Promise<string> {
  return (await insertMessages(h.place, userMessageId, [message]))[0] ?? '';
}
