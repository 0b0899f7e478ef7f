/** Conversations in which nothing happened for longer than they are kept are deleted, and nothing else. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { conversationScope } from '../../../src/auth/scopes.ts';
import { newId } from '../../../src/domain/ids.ts';
import type { Environment } from '../../../src/domain/scope.ts';
import { createRetention, type RetentionOptions } from '../../../src/store/retention/retention.ts';
import { type EngineHarness, startEngineHarness } from '../../generation/engines.ts';

const dayMs = 86_400_000;

/** True so many times. */
function times(count: number): () => boolean {
  let left = count;
  return () => {
    left -= 1;
    return left >= 0;
  };
}

/** A harness whose clock is set, with what the tests look at. */
async function start(engine: Parameters<typeof startEngineHarness>[0]) {
  const h = await startEngineHarness(engine);
  const { store } = h.place;
  const { organizationId } = h.scope;
  const clock = { agoMs: 0 };
  const now = () => Date.now() - clock.agoMs;
  const running = await h.start(store, { now });
  return {
    h,
    store,
    clock,
    engine: running,
    /** An answered turn of so many days ago; gives the ids of what it made. */
    async talk(days: number, target: Parameters<EngineHarness['turn']>[0] = {}) {
      clock.agoMs = days * dayMs;
      const accepted = await running.accept(h.turn(target));
      await running.answer(accepted.generationId);
      clock.agoMs = 0;
      return accepted;
    },
    /** A conversation without an answer. */
    async chat(days: number, environment: Environment = 'prod', messages = 1): Promise<string> {
      const at = Date.now() - days * dayMs;
      const scope = conversationScope(organizationId, environment);
      const id = newId();
      await store.execute('createConversation', {
        scope,
        id,
        title: `Chat ${id}`,
        isArchived: false,
        now: at,
      });
      const newSession = { id: newId(), personaId: null, personaVersion: null, modelId: h.modelId };
      for (let n = 0; n < messages; n += 1) {
        await store.execute('postMessage', {
          scope,
          conversationId: id,
          messageId: newId(),
          role: 'user',
          text: `Words ${n}`,
          apiKeyId: null,
          newSession,
          now: at,
        });
      }
      return id;
    },
    async keep(retentionDays: { test?: number | null; prod?: number | null }): Promise<void> {
      await store.execute('updateOrganizationSettings', {
        organizationId,
        changes: { retentionDays },
        now: Date.now(),
      });
    },
    run: (options: Partial<RetentionOptions> = {}) =>
      createRetention({ store, settle: () => running.settleBeforeDelete([]), ...options }).run(),
    async left(): Promise<string[]> {
      const rows = await store.reads.selectFrom('conversation').select('id').orderBy('id').execute();
      return rows.map(({ id }) => id);
    },
    async runs() {
      const rows = await store.reads.selectFrom('audit').selectAll().orderBy('id').execute();
      return rows
        .filter(({ action }) => action === 'retention.run')
        .map((row) => ({ ...row, values: JSON.parse(row.values_after ?? 'null') }));
    },
    [Symbol.asyncDispose]: () => h[Symbol.asyncDispose](),
  };
}

onBothStores('retention', (engine) => {
  test('what is older goes with all that belongs to it; usage stays', async () => {
    await using t = await start(engine);
    const old = await t.talk(40, { text: 'Verfallenes Geheimnis' });
    const older = await t.talk(3000);
    const young = await t.talk(29);
    const [test40, chat31] = [await t.chat(40, 'test'), await t.chat(31)];
    await t.run();
    assert.equal((await t.left()).length, 5, 'nothing is deleted where nothing is set');
    await t.keep({ prod: 30 });
    await t.run();
    assert.deepEqual(await t.left(), [young.conversationId, test40].toSorted());
    const { reads } = t.store;
    for (const table of ['session', 'message', 'generation'] as const) {
      const rows = await reads.selectFrom(table).select('conversation_id').execute();
      assert.ok(
        !rows.some((row) => [old, older].some((one) => one.conversationId === row.conversation_id)),
        table,
      );
    }
    for (const table of ['segment', 'context_receipt'] as const) {
      const rows = await reads.selectFrom(table).select('generation_id').execute();
      assert.ok(
        rows.every((row) => row.generation_id === young.generationId),
        table,
      );
    }
    const calls = await reads.selectFrom('model_call').select('generation_id').execute();
    assert.equal(calls.length, 3, 'usage stays');
    const [run, ...more] = await t.runs();
    assert.deepEqual(more, []);
    assert.deepEqual(run?.values, {
      environment: 'prod',
      conversations: 3,
      sessions: 3,
      messages: 5,
      generations: 2,
      segments: run?.values.segments,
    });
    assert.ok(run.values.segments >= 2);
    assert.deepEqual(
      [run.actor_kind, run.address, run.subject_kind, run.organization_id],
      ['server', null, 'conversations', t.h.scope.organizationId],
    );
    await t.run();
    assert.equal((await t.runs()).length, 1, 'a run that finds nothing says nothing');
    await t.keep({ test: 1, prod: null });
    await t.run();
    assert.deepEqual(await t.left(), [young.conversationId]);
    assert.ok(!(await t.left()).includes(chat31));
    if (engine === 'postgres') return;
    await t.store.scrub();
    for (const name of ['colloquy.db', 'colloquy.db-wal']) {
      const bytes = await readFile(join(t.h.place.dataDir, name));
      assert.equal(bytes.indexOf('Verfallenes'), -1, name);
    }
  });

  test('what counts is when something happened in it, whatever clients write there', async () => {
    await using t = await start(engine);
    await t.keep({ prod: 30 });
    const answered = await t.talk(40);
    await t.talk(2, { kind: 'session', sessionId: answered.sessionId, text: 'Again' });
    const renamed = await t.chat(40);
    const completed = await t.talk(40);
    await t.store.execute('completeSession', { scope: t.h.scope, id: completed.sessionId, now: Date.now() });
    const [backdated, postponed] = [await t.chat(2), await t.chat(40)];
    const set = (id: string, updatedAt?: number) =>
      t.store.execute('updateConversation', {
        scope: t.h.scope,
        id,
        changes: updatedAt === undefined ? { title: 'New' } : { updatedAt },
        now: Date.now(),
      });
    await set(renamed);
    await set(backdated, Date.now() - 400 * dayMs);
    await set(postponed, Date.now() + 400 * dayMs);
    await t.run();
    const kept = [answered.conversationId, completed.conversationId, renamed, backdated];
    assert.deepEqual(await t.left(), kept.toSorted());
  });

  test('nothing is deleted while it is being answered', async () => {
    await using t = await start(engine);
    await t.keep({ prod: 1 });
    const stalled = { steps: [{ do: 'tokens', tokens: ['so '] }, { do: 'stall' }] } as const;
    t.h.upstream.enqueue(stalled, stalled);
    t.clock.agoMs = 9 * dayMs;
    const alone = await t.engine.accept(t.h.turn({}));
    const running = await t.engine.accept(t.h.turn({}));
    await t.h.upstream.request(1);
    const next = { kind: 'session', sessionId: running.sessionId, text: 'And?' } as const;
    const queued = await t.engine.accept(t.h.turn(next, { whenBusy: 'queue' }));
    t.clock.agoMs = 0;
    await t.chat(9);
    await t.run();
    assert.deepEqual(await t.left(), [alone.conversationId, running.conversationId].toSorted());
    t.h.upstream.enqueue(answer('done'));
    t.clock.agoMs = 9 * dayMs;
    await t.engine.cancel(t.h.scope, running.generationId);
    await t.engine.answer(queued.generationId);
    t.clock.agoMs = 0;
    await t.run();
    assert.deepEqual(await t.left(), [alone.conversationId]);
    // What ends now has happened now, however long ago it was asked for.
    await t.engine.cancel(t.h.scope, alone.generationId);
    await t.run();
    assert.deepEqual(await t.left(), [alone.conversationId]);
    assert.equal((await t.runs()).length, 2);
  });

  test('a run that is cut off is gone on with, also in the middle of a long conversation, and is one run', async () => {
    await using t = await start(engine);
    for (let n = 0; n < 60; n += 1) await t.chat(40);
    const long = await t.chat(50, 'prod', 701);
    await t.keep({ prod: 30 });
    await t.run({ mayGoOn: times(1) });
    const half = await t.store.reads
      .selectFrom('message')
      .select((eb) => eb.fn.countAll().as('n'))
      .where('conversation_id', '=', long)
      .executeTakeFirstOrThrow();
    assert.equal(Number(half.n), 501);
    assert.deepEqual(await t.runs(), []);
    await t.run();
    assert.deepEqual(await t.left(), []);
    const [run, ...more] = await t.runs();
    assert.deepEqual([more, run?.values.conversations, run?.values.messages], [[], 61, 761]);
  });

  test('a run whose rule was taken back meanwhile still has its entry', async () => {
    await using t = await start(engine);
    for (let n = 0; n < 60; n += 1) await t.chat(40);
    await t.keep({ prod: 30 });
    await t.run({ mayGoOn: times(1) });
    await t.keep({ prod: null });
    await t.run();
    assert.equal((await t.left()).length, 40);
    assert.deepEqual(
      (await t.runs()).map(({ values }) => values.conversations),
      [20],
    );
    assert.deepEqual(await t.store.reads.selectFrom('retention_run').selectAll().execute(), []);
  });

  test('one process does it at a time, and a dead one is taken over from', async () => {
    await using t = await start(engine);
    for (let n = 0; n < 120; n += 1) await t.chat(40);
    await t.keep({ prod: 30 });
    // Each would count what it has deleted.
    await Promise.all([t.run(), t.run(), t.run()]);
    assert.deepEqual(await t.left(), []);
    assert.deepEqual(
      (await t.runs()).map(({ values }) => values.conversations),
      [120],
    );
    await t.chat(40);
    const job = { name: 'retention', holder: 'another', leaseMs: 60_000 };
    assert.equal((await t.store.execute('takeJob', job)).isTaken, true);
    await t.run();
    assert.equal((await t.left()).length, 1);
    await t.store.execute('takeJob', { ...job, leaseMs: -1 });
    await t.run();
    assert.deepEqual(await t.left(), []);
  });

  test('a process whose clock is ahead deletes nothing too early', async () => {
    await using t = await start(engine);
    const id = await t.chat(20);
    await t.keep({ prod: 30 });
    await t.run({ now: () => Date.now() + 100 * dayMs });
    assert.deepEqual(await t.left(), [id]);
  });
});
