/** The context window on both stores: what a model is sent of a long history, and what the receipt says of it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { conversationScope } from '../../src/auth/scopes.ts';
import type { AppError } from '../../src/domain/errors.ts';
import { newId } from '../../src/domain/ids.ts';
import type { Engine } from '../../src/generation/engine.ts';
import type { AcceptedGeneration } from '../../src/generation/engine-interface.ts';
import type { TurnRequest, TurnRequestTarget } from '../../src/generation/turn.ts';
import { type EngineHarness, readLog, startEngineHarness } from '../support/engines.ts';
import { type InsertedMessage, insertMessages } from '../support/insert-message.ts';
import { answer, gate, type RecordedRequest, refuse, type Script } from '../support/scripted-upstream.ts';
import { storeEngines } from '../support/stores.ts';

/** About 300 tokens where four bytes are one; the harness's model has a window of 4000, 2976 of it for the prompt. */
const long = (label: string): string => `${label} ${'word '.repeat(240)}`.trim();

const isSummaryCall = (request: RecordedRequest): boolean =>
  request.body?.messages?.[0]?.content.startsWith('You keep the record') === true;
const promptOf = (request: RecordedRequest): readonly { role: string; content: string }[] =>
  request.body?.messages ?? [];
const answerCalls = (h: EngineHarness): RecordedRequest[] =>
  h.upstream.requests.filter((one) => !isSummaryCall(one));
const summaryCalls = (h: EngineHarness): RecordedRequest[] => h.upstream.requests.filter(isSummaryCall);

/** Answers long, and summarises as `summary 1`, `summary 2`, … */
function scriptLong(h: EngineHarness, summarise?: (n: number) => Script): void {
  let answers = 0;
  let summaries = 0;
  h.upstream.setDefault((request) => {
    if (!isSummaryCall(request)) return answer('', { tokens: [long(`answer ${++answers}`)] });
    summaries++;
    return summarise?.(summaries) ?? answer('', { tokens: [`summary ${summaries}`] });
  });
}

async function say(
  h: EngineHarness,
  engine: Engine,
  target: Partial<TurnRequestTarget> & { text?: string },
  more: Partial<TurnRequest> = {},
): Promise<AcceptedGeneration> {
  const accepted = await engine.accept(h.turn(target, more));
  await readLog(engine, accepted.generationId).ended;
  return accepted;
}

/** Turns `question 1` … `question n` in one session, each with what was written in the background after it. */
async function talk(h: EngineHarness, engine: Engine, turns: number): Promise<AcceptedGeneration[]> {
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

/** The finish of a turn starts its summary right after its readers were told. */
async function settled(h: EngineHarness, engine: Engine, sessionId: string): Promise<void> {
  await h.place.store.reads.selectFrom('session').select('id').where('id', '=', sessionId).execute();
  await new Promise((resolve) => setImmediate(resolve));
  await engine.summariesWritten();
}

async function summariesOf(h: EngineHarness, sessionId: string) {
  return await h.place.store.reads
    .selectFrom('summary')
    .selectAll()
    .where('session_id', '=', sessionId)
    .orderBy('version')
    .execute();
}

for (const engineName of storeEngines) {
  describe(`context on ${engineName}`, async () => {
    const probe = await startEngineHarness(engineName);
    const skip = 'skip' in probe ? probe.skip : false;
    if (!('skip' in probe)) await probe[Symbol.asyncDispose]();
    const withHarness = (run: (harness: EngineHarness) => Promise<void>) => async () => {
      const harness = await startEngineHarness(engineName);
      if ('skip' in harness) throw new Error(harness.skip);
      try {
        await run(harness);
      } finally {
        await harness[Symbol.asyncDispose]();
      }
    };

    test(
      'a short history goes in whole, and the receipt says so',
      { skip },
      withHarness(async (h) => {
        const engine = await h.start();
        const first = await say(h, engine, { text: 'Hello' });
        const second = await say(h, engine, { kind: 'session', sessionId: first.sessionId, text: 'And?' });
        assert.deepEqual(promptOf(answerCalls(h)[1] as RecordedRequest), [
          { role: 'system', content: 'Be a test.' },
          { role: 'user', content: 'Hello' },
          { role: 'assistant', content: 'You said: Hello' },
          { role: 'user', content: 'And?' },
        ]);
        const receipt = await engine.contextReceipt(h.scope, second.generationId);
        assert.equal(receipt.status, 'recorded');
        assert.deepEqual(receipt.messages, [
          { id: first.userMessageId, role: 'user', treatment: 'whole' },
          { id: first.answerMessageId, role: 'assistant', treatment: 'whole' },
          { id: second.userMessageId, role: 'user', treatment: 'whole' },
        ]);
        assert.equal(receipt.whole.count, 3);
        assert.equal(receipt.dropped, null);
        assert.equal(receipt.summary, null);
        assert.equal(receipt.budget_tokens, 2976);
        assert.deepEqual(receipt.model, { id: h.modelId, name: 'scripted', context_window: 4000 });
        assert.equal(receipt.persona?.version, 1);
        assert.match(receipt.persona?.sha256 ?? '', /^[0-9a-f]{64}$/);
        assert.equal(receipt.tokens_provenance, 'estimated');
        // Four bytes a token, and eight tokens a message.
        assert.deepEqual(receipt.sections, [
          { section: 'system', tokens: 11 },
          { section: 'summary', tokens: 0 },
          { section: 'history', tokens: 22 },
          { section: 'message', tokens: 9 },
          { section: 'sources', tokens: 0 },
        ]);
        const firstReceipt = await engine.contextReceipt(h.scope, first.generationId);
        assert.deepEqual(firstReceipt.messages, [
          { id: first.userMessageId, role: 'user', treatment: 'whole' },
        ]);
        assert.equal(firstReceipt.persona?.sha256, receipt.persona?.sha256);
        assert.equal(summaryCalls(h).length, 0);
      }),
    );

    test(
      'a long conversation keeps the system prompt and the newest turns, and its older part as a summary',
      { skip },
      withHarness(async (h) => {
        scriptLong(h);
        const engine = await h.start();
        const turns = await talk(h, engine, 16);
        const { sessionId } = turns[0] as AcceptedGeneration;
        const summaries = await summariesOf(h, sessionId);
        assert.ok(summaries.length >= 2, `${summaries.length} summaries`);
        assert.deepEqual(
          summaries.map((one) => one.version),
          summaries.map((_, index) => index + 1),
        );
        assert.deepEqual(
          summaries.map((one) => one.text),
          summaries.map((_, index) => `summary ${index + 1}`),
        );
        assert.ok(summaries.every((one) => one.is_complete === 1));
        for (let n = 1; n < summaries.length; n++) {
          assert.equal(summaries[n]?.previous_id, summaries[n - 1]?.id);
          assert.ok((summaries[n]?.message_count ?? 0) > (summaries[n - 1]?.message_count ?? 0));
        }
        // Each takes in the one before, and the messages after it.
        const second = promptOf(summaryCalls(h)[1] as RecordedRequest)[1]?.content ?? '';
        assert.match(second, /<earlier-summary>\nsummary 1\n<\/earlier-summary>/);
        assert.doesNotMatch(second, /question 1 /);

        const calls = answerCalls(h);
        assert.equal(calls.length, 16);
        for (const [index, call] of calls.entries()) {
          const prompt = promptOf(call);
          assert.match(prompt[0]?.content ?? '', /^Be a test\./);
          assert.match(prompt.at(-1)?.content ?? '', new RegExp(`^question ${index + 1} `));
          const bytes = prompt.reduce((sum, one) => sum + one.content.length, 0);
          assert.ok(bytes / 4 <= 2976, `prompt ${index + 1} has ${bytes} bytes`);

          const receipt = await engine.contextReceipt(
            h.scope,
            (turns[index] as AcceptedGeneration).generationId,
          );
          const whole = receipt.messages.filter((one) => one.treatment === 'whole');
          assert.equal(whole.length, prompt.length - 1);
          assert.equal(receipt.whole.count, whole.length);
          assert.equal(receipt.whole.first_message_id, whole[0]?.id);
          assert.equal(receipt.whole.last_message_id, turns[index]?.userMessageId);
          assert.equal(receipt.dropped, null, 'nothing is lost without a summary');
          const rest = receipt.messages.filter((one) => one.treatment === 'summarised');
          assert.equal(receipt.messages.length, 2 * index + 1);
          assert.equal(rest.length, receipt.summarised?.count ?? 0);
          assert.equal(receipt.summarised?.last_message_id, rest.at(-1)?.id);
          const sent = receipt.sections.reduce((sum, one) => sum + one.tokens, 0);
          assert.ok(sent <= receipt.budget_tokens);
          if (receipt.summary === null) assert.doesNotMatch(prompt[0]?.content ?? '', /<summary>/);
          else {
            assert.equal(receipt.summary.text, `summary ${receipt.summary.version}`);
            assert.ok(prompt[0]?.content.includes(`<summary>\n${receipt.summary.text}\n</summary>`));
          }
        }
        const last = await engine.contextReceipt(h.scope, (turns.at(-1) as AcceptedGeneration).generationId);
        assert.ok((last.summary?.version ?? 0) >= 2);
        // The originals are untouched.
        const stored = await h.place.store.reads
          .selectFrom('message')
          .select(['text'])
          .where('session_id', '=', sessionId)
          .orderBy('position')
          .execute();
        assert.equal(stored.length, 32);
        assert.equal(stored[0]?.text, long('question 1'));
        const paid = await h.place.store.reads
          .selectFrom('model_call')
          .selectAll()
          .where('purpose', '=', 'summary')
          .execute();
        assert.equal(paid.length, summaryCalls(h).length);
        assert.ok(paid.every((one) => one.generation_id === null && one.provenance === 'reported'));
        assert.ok(paid.every((one) => one.prompt_tokens === 10 && (one.cost ?? 0) > 0));
      }),
    );

    test(
      'an answer to an older message sees its ancestors only, not a summary of what came after them',
      { skip },
      withHarness(async (h) => {
        scriptLong(h);
        const engine = await h.start();
        const turns = await talk(h, engine, 9);
        const { sessionId } = turns[0] as AcceptedGeneration;
        const summaries = await summariesOf(h, sessionId);
        assert.ok(summaries.length > 0);
        const second = turns[1] as AcceptedGeneration;
        const again = await say(h, engine, { kind: 'message', messageId: second.userMessageId, again: true });
        const prompt = promptOf(answerCalls(h).at(-1) as RecordedRequest);
        assert.deepEqual(
          prompt.map((one) => one.content.split(' word')[0]),
          ['Be a test.', 'question 1', 'answer 1', 'question 2'],
        );
        assert.equal((await engine.contextReceipt(h.scope, again.generationId)).summary, null);

        // A branch whose own history is too long: it drops what does not fit rather than tell of another branch.
        const through = summaries.at(-1)?.through_position ?? 0;
        let parent = again.answerMessageId;
        for (let n = 0; n < 9; n++) {
          parent = await insert(h, again, {
            parent,
            role: n % 2 === 0 ? 'user' : 'assistant',
            text: long(`branch ${n}`),
          });
        }
        const branch = await say(h, engine, { kind: 'message', messageId: parent, again: false });
        const receipt = await engine.contextReceipt(h.scope, branch.generationId);
        assert.ok(through > 0);
        assert.equal(receipt.summary, null);
        assert.doesNotMatch(
          promptOf(answerCalls(h).at(-1) as RecordedRequest)[0]?.content ?? '',
          /<summary>/,
        );
        assert.equal(receipt.dropped?.first_message_id ?? null, turns[0]?.userMessageId);
        assert.equal((receipt.dropped?.count ?? 0) + (receipt.whole.count ?? 0), 13);
        const dropped = receipt.messages.filter((one) => one.treatment === 'dropped');
        assert.equal(dropped.length, receipt.dropped?.count);
        assert.equal(dropped.at(-1)?.id, receipt.dropped?.last_message_id);
      }),
    );

    test(
      'a summary that fails costs no answer; what does not fit is dropped, and the next answer tries again',
      { skip },
      withHarness(async (h) => {
        let broken = true;
        scriptLong(h, (n) => (broken ? refuse(500) : answer('', { tokens: [`summary ${n}`] })));
        const engine = await h.start();
        const turns = await talk(h, engine, 7);
        const last = turns.at(-1) as AcceptedGeneration;
        assert.equal((await engine.get(h.scope, last.generationId)).status, 'done');
        const receipt = await engine.contextReceipt(h.scope, last.generationId);
        assert.equal(receipt.summary, null);
        assert.equal(receipt.summarised, null);
        assert.equal(
          receipt.dropped?.last_message_id,
          receipt.messages.findLast((one) => one.treatment === 'dropped')?.id,
        );
        assert.ok(summaryCalls(h).length > 0);
        assert.equal((await summariesOf(h, last.sessionId)).length, 0);
        assert.ok(h.warnings.some((one) => one.message.includes('summary could not be made')));
        const failed = await h.place.store.reads
          .selectFrom('model_call')
          .select(['provenance'])
          .where('purpose', '=', 'summary')
          .execute();
        assert.equal(failed.length, summaryCalls(h).length);
        assert.ok(failed.every((one) => one.provenance === 'unknown'));

        broken = false;
        await say(h, engine, { kind: 'session', sessionId: last.sessionId, text: long('question 8') });
        await settled(h, engine, last.sessionId);
        const after = await say(h, engine, {
          kind: 'session',
          sessionId: last.sessionId,
          text: 'question 9',
        });
        const healed = await engine.contextReceipt(h.scope, after.generationId);
        assert.equal(healed.summary?.version, 1);
        assert.equal(healed.dropped, null);
        assert.equal((healed.summarised?.count ?? 0) + (healed.whole.count ?? 0), 17);
      }),
    );

    test(
      'no answer waits for a summary, and the engine ends without it',
      { skip },
      withHarness(async (h) => {
        const held = gate();
        scriptLong(h, () => ({ steps: [{ do: 'headers' }, held.step, { do: 'end' }] }));
        const engine = await h.start();
        const first = await say(h, engine, { text: long('question 1') });
        for (let n = 2; n <= 8; n++) {
          await say(h, engine, { kind: 'session', sessionId: first.sessionId, text: long(`question ${n}`) });
        }
        assert.equal(answerCalls(h).length, 8);
        assert.equal(summaryCalls(h).length, 1, 'one at a time for a session');
        await engine[Symbol.asyncDispose]();
        assert.equal(await summaryCalls(h)[0]?.closed, 'aborted');
        held.release();
        assert.equal((await summariesOf(h, first.sessionId)).length, 0);
      }),
    );

    test(
      'a tool call goes with its results or not at all',
      { skip },
      withHarness(async (h) => {
        const engine = await h.start();
        const first = await say(h, engine, { text: 'Hello' });
        const call = (id: string) => ({ type: 'tool-call', id, name: 'look', arguments: '{}' });
        const result = (id: string, text: string) => ({ type: 'tool-result', id, result: text });
        const add = (message: InsertedMessage) => insert(h, first, message);
        // Never answered, and never asked for.
        const unanswered = await add({
          parent: first.answerMessageId,
          role: 'assistant',
          text: 'unanswered',
          parts: [call('a')],
        });
        const orphan = await add({
          parent: unanswered,
          role: 'tool',
          text: 'lost',
          parts: [result('b', 'lost')],
        });
        const question = await add({ parent: orphan, role: 'user', text: 'look it up' });
        // Too large together, though the call alone would fit.
        const caller = await add({
          parent: question,
          role: 'assistant',
          text: 'looking',
          parts: [call('c'), call('d')],
        });
        const one = await add({
          parent: caller,
          role: 'tool',
          text: 'x',
          parts: [result('c', 'r'.repeat(9000))],
        });
        const other = await add({ parent: one, role: 'tool', text: 'y', parts: [result('d', 'small')] });
        const told = await add({ parent: other, role: 'assistant', text: 'found it' });
        const last = await add({ parent: told, role: 'user', text: long('so?') });

        const whole = await say(h, engine, { kind: 'message', messageId: last, again: false });
        const receipt = await engine.contextReceipt(h.scope, whole.generationId);
        const treatments = new Map(receipt.messages.map((message) => [message.id, message.treatment]));
        assert.equal(treatments.get(orphan), 'dropped');
        assert.equal(treatments.get(unanswered), 'whole');
        for (const id of [caller, one, other, told, last]) assert.equal(treatments.get(id), 'whole');

        const bigger = await add({ parent: told, role: 'user', text: 'z'.repeat(4000) });
        const cut = await say(h, engine, { kind: 'message', messageId: bigger, again: false });
        const after = await engine.contextReceipt(h.scope, cut.generationId);
        const second = new Map(after.messages.map((message) => [message.id, message.treatment]));
        for (const id of [caller, one, other]) assert.equal(second.get(id), 'dropped');
        assert.equal(second.get(bigger), 'whole');
        assert.doesNotMatch(JSON.stringify(promptOf(answerCalls(h).at(-1) as RecordedRequest)), /looking/);
      }),
    );

    test(
      'a receipt is there while the model answers and before, and nobody else sees it',
      { skip },
      withHarness(async (h) => {
        const held = gate();
        h.upstream.enqueue({
          steps: [
            { do: 'headers' },
            held.step,
            { do: 'tokens', tokens: ['done'] },
            { do: 'finish' },
            { do: 'end' },
          ],
        });
        const engine = await h.start();
        const running = await engine.accept(h.turn({ text: 'Hello' }));
        await h.upstream.request(0);
        const target = { kind: 'session', sessionId: running.sessionId, text: 'next' } as const;
        const queued = await engine.accept(h.turn(target, { whenBusy: 'queue' }));
        const live = await engine.contextReceipt(h.scope, running.generationId);
        assert.equal(live.status, 'recorded');
        assert.deepEqual(live.messages, [{ id: running.userMessageId, role: 'user', treatment: 'whole' }]);
        assert.equal((await engine.contextReceipt(h.scope, queued.generationId)).status, 'expected');
        for (const other of [
          conversationScope(h.scope.organizationId, 'test'),
          conversationScope(newId(), 'prod'),
          conversationScope(h.scope.organizationId, 'prod', newId()),
        ]) {
          await assert.rejects(
            engine.contextReceipt(other, running.generationId),
            (error: AppError) => error.code === 'not_found',
          );
        }
        await engine.cancel(h.scope, queued.generationId);
        held.release();
        await readLog(engine, running.generationId).ended;
        assert.deepEqual(await engine.contextReceipt(h.scope, running.generationId), live);
        await assert.rejects(
          engine.contextReceipt(h.scope, queued.generationId),
          (error: AppError) => error.code === 'not_found',
          'it never asked a model',
        );
      }),
    );

    test(
      'what a dead process left is interrupted with its receipt',
      { skip },
      withHarness(async (h) => {
        h.upstream.enqueue({
          steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['begun '] }, { do: 'stall' }],
        });
        const dead = await h.start();
        const left = await dead.accept(h.turn({ text: 'Hello' }));
        await readLog(dead, left.generationId).until(4);
        await dead[Symbol.asyncDispose]();
        const engine = await h.start();
        await readLog(engine, left.generationId).ended;
        assert.equal((await engine.get(h.scope, left.generationId)).status, 'interrupted');
        const receipt = await engine.contextReceipt(h.scope, left.generationId);
        assert.equal(receipt.status, 'recorded');
        assert.deepEqual(receipt.messages, [{ id: left.userMessageId, role: 'user', treatment: 'whole' }]);
      }),
    );

    test(
      'a summary is not kept where a message that it tells of is gone by then',
      { skip },
      withHarness(async (h) => {
        scriptLong(h);
        const engine = await h.start();
        const turns = await talk(h, engine, 7);
        const { sessionId } = turns[0] as AcceptedGeneration;
        const [summary] = await summariesOf(h, sessionId);
        assert.ok(summary !== undefined);
        const { version: _, ...row } = { ...summary, id: newId(), previous_id: null };
        const store = (newMessageCount: number, more: object = {}) =>
          h.place.store.execute('storeSummary', {
            summary: { ...row, ...more },
            newMessageCount,
            modelCalls: [],
          });
        assert.deepEqual(await store(summary.message_count + 1), { version: null });
        assert.deepEqual(await store(1, { previous_id: newId() }), { version: null });
        assert.deepEqual(await store(1, { session_id: newId() }), { version: null });
        const count = (await summariesOf(h, sessionId)).length;
        assert.deepEqual(await store(summary.message_count), { version: count + 1 });
      }),
    );

    test(
      'of a history of 3,000 messages the newest are sent, and no more is summarised than a few calls can read',
      { skip },
      withHarness(async (h) => {
        scriptLong(h);
        const engine = await h.start();
        const first = await say(h, engine, { text: 'Hello' });
        const ids = Array.from({ length: 3000 }, () => newId());
        const messages = ids.map(
          (_, index): InsertedMessage => ({
            parent: ids[index - 1] ?? first.answerMessageId,
            role: index % 2 === 0 ? 'user' : 'assistant',
            text: long(`old ${index}`),
          }),
        );
        await insertMessages(h.place, first.userMessageId, messages, { ids, movesHead: true });
        const target = { kind: 'session', sessionId: first.sessionId } as const;
        const asked = await say(h, engine, { ...target, text: 'So?' });
        const receipt = await engine.contextReceipt(h.scope, asked.generationId);
        assert.equal(receipt.summary, null);
        assert.equal(receipt.dropped?.count, null);
        assert.equal(receipt.dropped?.first_message_id, null);
        assert.ok(receipt.messages.length < 120);
        assert.equal(receipt.messages.at(-1)?.id, asked.userMessageId);

        await settled(h, engine, first.sessionId);
        const calls = summaryCalls(h).length;
        assert.ok(calls >= 8 && calls < 16, `${calls} calls`);
        const [summary] = await summariesOf(h, first.sessionId);
        assert.equal(summary?.text, `summary ${calls}`);
        assert.equal(summary?.is_complete, 0);
        const next = await say(h, engine, { ...target, text: 'And?' });
        const after = await engine.contextReceipt(h.scope, next.generationId);
        assert.equal(after.summary?.version, 1);
        assert.ok((after.summarised?.count ?? 0) >= 40);
        assert.equal(after.dropped?.count, null);
        const known = (after.summarised?.count ?? 0) + (after.whole.count ?? 0);
        assert.equal(after.summarised?.first_message_id, ids[3000 + 3 - known]);
        await settled(h, engine, first.sessionId);
        assert.equal(summaryCalls(h).length, calls, 'what is out of reach is not tried again');
      }),
    );
  });
}

async function insert(
  h: EngineHarness,
  { userMessageId }: AcceptedGeneration,
  message: InsertedMessage,
): Promise<string> {
  return (await insertMessages(h.place, userMessageId, [message]))[0] ?? '';
}
