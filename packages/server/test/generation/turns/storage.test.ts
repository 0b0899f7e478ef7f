/** `storage_bytes`: what is stored is counted to the byte, whatever stores, rewrites or deletes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import type { AppError } from '../../../src/domain/errors.ts';
import { newId } from '../../../src/domain/ids.ts';
import { limitSubjects, type SubjectLimits, subjectName } from '../../../src/domain/limits/limits.ts';
import { readConsumed } from '../../../src/store/queries/consumption.ts';
import { type EngineHarness, readLog, startEngineHarness } from '../engines.ts';
import { Asking, ask, makeModel, makeSubject } from './asking.ts';

/** 7 code points, 12 bytes. */
const question = 'Größe 🙂';
const bytesOf = (text: string): number => Buffer.byteLength(text);

async function storedBytes(asking: Asking): Promise<number | null | undefined> {
  return (await asking.consumed())?.storage_bytes;
}

/** What the messages of the subject have, added up without the counts. */
async function measured({ h, held }: Asking): Promise<number> {
  const column = { key: 'api_key_id', organization: 'organization_id', end_user: 'end_user_id' } as const;
  const rows = await h.place.store.reads
    .selectFrom('message')
    .select('text')
    .where(column[held.subject], '=', held.id)
    .execute();
  return rows.reduce((sum, { text }) => sum + bytesOf(text), 0);
}

/** Posts a message without an answer, as the chats dialect does. */
async function post(asking: Asking, conversationId: string, text: string): Promise<string> {
  const { h, held, engine } = asking;
  const limits = await engine.storedLimits.ofStorage(h.scope.organizationId, [held]);
  const scope = asking.scope();
  const { id } = await h.place.store.execute('postMessage', {
    scope,
    conversationId,
    messageId: newId(),
    role: 'user',
    text,
    newSession: { id: newId(), personaId: null, personaVersion: null, modelId: asking.modelId },
    apiKeyId: held.subject === 'key' ? held.id : null,
    limits,
    now: Date.now(),
  });
  return id;
}

const tooLarge = (subject: SubjectLimits['subject']) => (error: AppError) => {
  assert.equal(error.code, 'payload_too_large', String(error));
  assert.deepEqual(error.details.limit, { name: 'storage_bytes', subject });
  return true;
};

onBothStores('stored bytes', (storeEngine) => {
  for (const subject of limitSubjects) {
    test(`of one ${subject}: questions, answers, another answer, and what is deleted`, async () => {
      await using h = await startEngineHarness(storeEngine);
      const asking = await ask(h, subject, { storage_bytes: 1000 });
      h.upstream.setDefault(answer('Fünf'));
      const first = await asking.accept(undefined, asking.target(question));
      await asking.engine.answer(first.generationId);
      assert.equal(await storedBytes(asking), bytesOf(question) + bytesOf('Fünf'));
      // No limit of tokens bounds the answer.
      assert.equal(h.upstream.requests.at(-1)?.body?.max_tokens, undefined);
      const again = await asking.accept(undefined, {
        target: { kind: 'message', messageId: first.userMessageId, again: true },
      });
      await asking.engine.answer(again.generationId);
      assert.equal(await storedBytes(asking), bytesOf(question) + 2 * bytesOf('Fünf'));
      const posted = await post(asking, first.conversationId, 'posted');
      assert.equal(await storedBytes(asking), await measured(asking));
      const { store } = h.place;
      const scope = asking.scope();
      await store.execute('deleteMessage', { scope, id: posted, now: Date.now() });
      await store.execute('deleteMessage', { scope, id: again.answerMessageId, now: Date.now() });
      assert.equal(await storedBytes(asking), bytesOf(question) + bytesOf('Fünf'));
      await store.execute('deleteConversation', {
        scope,
        id: first.conversationId,
        now: Date.now(),
      } as never);
      assert.equal(await storedBytes(asking), 0);
    });

    test(`of one ${subject}: a hundred at once fill it to the byte`, async () => {
      await using h = await startEngineHarness(storeEngine);
      const asking = await ask(h, subject, { storage_bytes: 10 * 12 });
      // Nothing is answered: the answers' bytes would make it a race.
      h.upstream.setDefault({ steps: [{ do: 'stall' }] });
      const outcomes = await Promise.allSettled(
        Array.from({ length: 100 }, () => asking.accept(undefined, asking.target(question))),
      );
      const accepted = outcomes.filter(({ status }) => status === 'fulfilled');
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') tooLarge(subject)(outcome.reason as AppError);
      assert.equal(accepted.length, 10);
      assert.equal(await storedBytes(asking), 120);
      assert.equal(await measured(asking), 120);
    });
  }

  test('an answer that passes the limit is kept whole, what follows is refused until something is deleted', async () => {
    await using h = await startEngineHarness(storeEngine);
    const asking = await ask(h, 'key', { storage_bytes: 100 });
    h.upstream.setDefault(answer('x'.repeat(500)));
    const first = await asking.accept(undefined, asking.target('Hi'));
    const { text } = await asking.engine.answer(first.generationId);
    assert.equal(text.length, 500);
    assert.equal(await storedBytes(asking), 502);
    const next = { kind: 'session', sessionId: first.sessionId, text: 'More' } as const;
    await assert.rejects(asking.accept(undefined, { target: next }), tooLarge('key'));
    await assert.rejects(post(asking, first.conversationId, 'More'), tooLarge('key'));
    const again = { kind: 'message', messageId: first.userMessageId, again: true } as const;
    await assert.rejects(asking.accept(undefined, { target: again }), tooLarge('key'));
    // Nothing of what was refused is left.
    assert.equal(await storedBytes(asking), 502);
    assert.equal(await measured(asking), 502);
    await h.place.store.execute('deleteMessage', {
      scope: h.scope,
      id: first.answerMessageId,
      now: Date.now(),
    });
    await post(asking, first.conversationId, 'y'.repeat(98));
    assert.equal(await storedBytes(asking), 100);
    await assert.rejects(post(asking, first.conversationId, '!'), tooLarge('key'));
  });

  test('an answer that is cancelled counts what is kept of it', async () => {
    await using h = await startEngineHarness(storeEngine);
    const asking = await ask(h, 'organization', { storage_bytes: 1000 });
    h.upstream.setDefault({ steps: [{ do: 'tokens', tokens: ['kept'] }, { do: 'stall' }] });
    const { generationId } = await asking.accept(undefined, asking.target('Hi'));
    await readLog(asking.engine, generationId).until(4);
    await asking.engine.cancel(h.scope, generationId);
    assert.equal(await storedBytes(asking), bytesOf('Hi') + bytesOf('kept'));
  });

  test('what was stored before a limit was set counts, for those alone who have one', async () => {
    await using h = await startEngineHarness(storeEngine);
    const limited = await ask(h, 'end_user', { tokens_per_day: 100_000 });
    h.upstream.setDefault(answer('Fine'));
    const { generationId } = await limited.accept(50, limited.target('Before'));
    await limited.engine.answer(generationId);
    assert.equal(await storedBytes(limited), null);
    const held = { ...limited.held, limits: { ...limited.held.limits, storage_bytes: 1000 } };
    const asking = new Asking(h, limited.engine, limited.modelId, held);
    const second = await asking.accept(50, asking.target('After'));
    await asking.engine.answer(second.generationId);
    assert.equal(await storedBytes(asking), 'BeforeFineAfterFine'.length);
    assert.equal(await measured(asking), 'BeforeFineAfterFine'.length);
  });

  test('two keys of an organization count by themselves, and together for it', async () => {
    await using h = await startEngineHarness(storeEngine);
    const modelId = await makeModel(h, null);
    const engine = await h.start();
    const organization = await makeSubject(h, 'organization', { storage_bytes: 60 });
    const keys = [
      await makeSubject(h, 'key', { storage_bytes: 40 }),
      await makeSubject(h, 'key', { storage_bytes: 40 }),
    ] as const;
    h.upstream.setDefault({ steps: [{ do: 'stall' }] });
    const store = (key: SubjectLimits, bytes: number): Promise<unknown> => {
      const asking = new Asking(h, engine, modelId, key);
      return asking.accept(undefined, { ...asking.target('x'.repeat(bytes)), limits: [key, organization] });
    };
    await store(keys[0], 35);
    await assert.rejects(store(keys[0], 6), tooLarge('key'));
    await store(keys[1], 25);
    await assert.rejects(store(keys[1], 1), tooLarge('organization'));
    const all = await readConsumed(h.place.store.reads, [...keys, organization], Date.now());
    assert.deepEqual(
      [...keys, organization].map((one) => all.get(subjectName(one))?.storage_bytes),
      [35, 25, 60],
    );
  });

  test('erasing an end user gives back to the key and the organization what it had stored', async () => {
    await using h = await startEngineHarness(storeEngine);
    const asking = await ask(h, 'end_user', { storage_bytes: 1000 });
    const organization = await makeSubject(h, 'organization', { storage_bytes: 1000 });
    h.upstream.setDefault(answer('Fine'));
    for (let i = 0; i < 3; i++) {
      const turn = { ...asking.target('Hello'), limits: [asking.held, organization] };
      await asking.engine.answer((await asking.accept(undefined, turn)).generationId);
    }
    const total = async (h: EngineHarness) =>
      (await readConsumed(h.place.store.reads, [organization], Date.now())).get(subjectName(organization))
        ?.storage_bytes;
    assert.equal(await total(h), 27);
    const { store } = h.place;
    const rows = await store.reads.selectFrom('conversation').select('id').execute();
    for (const { id } of rows)
      await store.execute('deleteConversation', { scope: asking.scope(), id, now: Date.now() } as never);
    assert.equal(await total(h), 0);
  });
});
