/** Calls that are not stored for good: found by their generation alone, cancelled where nobody listens, and erased. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { gate } from 'colloquy-testkit/upstream/scripted-upstream';
import { writeDirectly } from 'colloquy-testkit/write-directly';
import type { AppError } from '../../../src/domain/errors.ts';
import type { TurnMessage } from '../../../src/generation/turn.ts';
import { tidy } from '../../../src/store/housekeeping.ts';
import { findConversation, pageConversations } from '../../../src/store/queries/conversations.ts';
import { findMessage } from '../../../src/store/queries/messages.ts';
import { findSession } from '../../../src/store/queries/sessions.ts';
import { hasPending, preparePending } from '../../../src/store/search/pending.ts';
import { answerCalls, settled, summariesOf } from '../context/contexts.ts';
import { type EngineHarness, readLog, startEngineHarness } from '../engines.ts';

const text = (role: TurnMessage['role'], words: string): TurnMessage => ({
  role,
  parts: [{ type: 'text', text: words }],
});
const secret = 'The cellar is under the stairs.';
const stateless = (h: EngineHarness) => ({
  kind: 'stateless' as const,
  persona: h.persona,
  messages: [text('system', secret), text('user', 'One'), text('assistant', 'Two'), text('user', 'Three')],
});
const isMissing = (error: AppError) => error.code === 'not_found';

onBothStores('what is not stored for good', (storeEngine) => {
  test('is one call with its whole prompt, in no list, and found by its generation alone', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start(undefined, { titles: true });
    const turn = await engine.accept(h.turn(stateless(h)));
    await readLog(engine, turn.generationId).ended;
    await engine.titlesWritten();
    assert.equal(h.upstream.requests.length, 1, 'nobody names it');
    assert.deepEqual(
      h.upstream.requests[0]?.body?.messages?.map(({ role, content }) => `${role}: ${content}`),
      [`system: Be a test.\n\n${secret}`, 'user: One', 'assistant: Two', 'user: Three'],
    );
    const { reads } = h.place.store;
    assert.equal((await engine.answer(turn.generationId)).text, 'You said: Three');
    assert.equal((await engine.get(h.scope, turn.generationId)).status, 'done');
    assert.deepEqual(await pageConversations(reads, h.scope, { limit: 10 }), []);
    assert.equal(await findConversation(reads, h.scope, turn.conversationId), undefined);
    assert.equal(await findSession(reads, h.scope, turn.sessionId), undefined);
    assert.equal(await findMessage(reads, h.scope, turn.answerMessageId), undefined);
    assert.equal(await hasPending(reads), false, 'the index has nothing to do');
    // As after a move to another store, which makes the index anew.
    await writeDirectly(
      h.place,
      reads.updateTable('conversation').set({ search_state: 0 }).compile(),
      reads.updateTable('message').set({ search_state: 0 }).compile(),
    );
    const { texts } = await preparePending(reads, { maxTexts: 10, maxLength: 10_000 });
    assert.deepEqual(
      texts.map(({ kind, tokens }) => [kind, tokens]),
      [
        ['title', ''],
        ['message', ''],
        ['message', ''],
      ],
    );
    const { sessionId, answerMessageId: messageId } = turn;
    for (const target of [
      { kind: 'session', sessionId, text: 'x' },
      { kind: 'behind', messageId, text: 'x' },
      { kind: 'fork', messageId, text: 'x' },
      { kind: 'message', messageId: turn.userMessageId, again: true },
    ] as const)
      await assert.rejects(engine.accept(h.turn(target)), isMissing);
  });

  test('is erased when its time is over, and what it cost stays', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start(undefined, { ephemeral: { ttlMs: 60_000, abandonMs: 0 } });
    const kept = await engine.accept(h.turn({ text: 'Kept' }));
    const turn = await engine.accept(h.turn(stateless(h)));
    for (const { generationId } of [kept, turn]) await readLog(engine, generationId).ended;
    await engine.drain(5000);
    const { store } = h.place;
    const rows = async () => {
      const { total } = await store.reads
        .selectFrom('conversation')
        .select((eb) => eb.fn.countAll<number | string>().as('total'))
        .executeTakeFirstOrThrow();
      return Number(total);
    };
    await tidy({ store, auditDays: 400, now: () => Date.now() + 50_000 });
    assert.equal(await rows(), 2);
    await tidy({ store, auditDays: 400, now: () => Date.now() + 61_000 });
    assert.equal(await rows(), 1);
    await assert.rejects(engine.get(h.scope, turn.generationId), isMissing);
    assert.equal((await engine.get(h.scope, kept.generationId)).status, 'done');
    const calls = await store.reads.selectFrom('model_call').select('generation_id').execute();
    assert.ok(calls.some(({ generation_id: id }) => id === turn.generationId));
  });

  test('is cancelled where nobody listens; a call that waits, and what is stored, go on', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start(undefined, { ephemeral: { ttlMs: 60_000, abandonMs: 1500 } });
    const held = gate();
    h.upstream.setDefault({
      steps: [{ do: 'tokens', tokens: ['Well'] }, held.step, { do: 'finish' }, { do: 'end' }],
    });
    const left = await engine.accept(h.turn(stateless(h)));
    const waitedFor = await engine.accept(h.turn(stateless(h)));
    const stored = await engine.accept(h.turn({ text: 'Stored' }));
    const waiting = engine.answer(waitedFor.generationId);
    const hungUp = new AbortController();
    const given = engine.answer(left.generationId, hungUp.signal);
    hungUp.abort(new Error('the caller is gone'));
    await assert.rejects(given, /the caller is gone/);
    assert.equal(await (await h.upstream.request(0)).closed, 'aborted');
    for (const { generationId } of [waitedFor, stored])
      assert.equal((await engine.get(h.scope, generationId)).status, 'running');
    held.release();
    assert.equal((await waiting).text, 'Well');
    const { outcome } = await engine.answer(left.generationId);
    assert.equal(outcome.status, 'cancelled');
  });

  test('goes on in another process with its prompt', async () => {
    await using h = await startEngineHarness(storeEngine, { canContinue: true });
    const first = await h.start();
    const held = gate();
    h.upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['Well'] }, held.step] });
    const turn = await first.accept(h.turn(stateless(h)));
    await readLog(first, turn.generationId).until(4);
    await first[Symbol.asyncDispose]();
    const second = await h.start();
    const { text: whole } = await second.answer(turn.generationId);
    assert.match(whole, /^Well/);
    const sent = h.upstream.requests.at(-1)?.body?.messages?.map(({ content }) => content);
    assert.deepEqual(sent?.slice(1), ['One', 'Two', 'Three', 'Well']);
    assert.ok(sent?.[0]?.includes(secret));
  });

  test('behind a stored message reads its history, and leaves it as it was', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    const first = await engine.accept(h.turn({ text: 'One' }));
    await readLog(engine, first.generationId).ended;
    const behind = first.answerMessageId;
    const messages = [text('user', 'Two')];
    const target = { kind: 'stateless', persona: h.persona, messages, behind } as const;
    const turn = await engine.accept(h.turn(target));
    await readLog(engine, turn.generationId).ended;
    assert.deepEqual(
      h.upstream.requests.at(-1)?.body?.messages?.map(({ content }) => content),
      ['Be a test.', 'One', 'You said: One', 'Two'],
    );
    const next = await engine.accept(h.turn({ kind: 'session', sessionId: first.sessionId, text: 'Three' }));
    await readLog(engine, next.generationId).ended;
    assert.ok(!JSON.stringify(h.upstream.requests.at(-1)?.body).includes('Two'));
    await assert.rejects(engine.accept(h.turn({ ...target, behind: turn.answerMessageId })), isMissing);
  });

  test('where nothing may be left out, a history that is too long is refused; else it is fitted', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    const long = (label: string) => `${label} ${'word '.repeat(700)}`;
    let { sessionId, answerMessageId } = await engine.accept(h.turn({ text: long('One') }));
    await engine.titlesWritten();
    for (const label of ['Two', 'Three']) {
      const turn = await engine.accept(h.turn({ kind: 'session', sessionId, text: long(label) }));
      await readLog(engine, turn.generationId).ended;
      answerMessageId = turn.answerMessageId;
    }
    await settled(h, engine, sessionId);
    // A history that has a summary is not whole either.
    assert.notDeepEqual(await summariesOf(h, sessionId), []);
    const disabled = { options: { truncation: 'disabled' } } as const;
    const before = h.upstream.requests.length;
    const all = [
      { kind: 'session', sessionId, text: 'And?' },
      { kind: 'fork', messageId: answerMessageId, text: 'And?' },
      { kind: 'stateless', persona: h.persona, messages: [text('user', 'And?')], behind: answerMessageId },
    ] as const;
    for (const target of all)
      await assert.rejects(
        engine.accept(h.turn(target, disabled)),
        (error: AppError) => error.code === 'context_overflow',
      );
    assert.equal(h.upstream.requests.length, before);
    for (const target of all) {
      const turn = await engine.accept(h.turn(target));
      await readLog(engine, turn.generationId).ended;
      assert.ok((answerCalls(h).at(-1)?.body?.messages?.length ?? 9) < 6);
    }
    const short = await engine.accept(h.turn({ text: 'One' }, disabled));
    await readLog(engine, short.generationId).ended;
    const next = await engine.accept(
      h.turn({ kind: 'session', sessionId: short.sessionId, text: 'Two' }, disabled),
    );
    assert.equal((await engine.answer(next.generationId)).outcome.status, 'done');
  });
});
