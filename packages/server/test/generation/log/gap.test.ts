/** A log that lacks events, as after damage to the database: nothing is shown or stored from behind the gap. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { packJournal } from '../../../src/store/journal.ts';
import { readSegments } from '../../../src/store/queries/segments.ts';
import { acceptAs, readLog, startEngineHarness } from '../engines.ts';

onBothStores('a log with a gap', (storeEngine) => {
  test('fails its readers instead of skipping events', async () => {
    await using h = await startEngineHarness(storeEngine);
    const engine = await h.start();
    const { owner } = await h.place.store.execute('registerOwner', { leaseMs: 60_000 });
    // Its log has the events 1 and 2, and nobody runs it.
    const { generationId } = await acceptAs(h, owner);
    const behind = { firstSeq: 9, lastSeq: 10, events: '["behind ","the gap"]', isPlain: true };
    await h.place.store.execute('moveSegments', {
      owner,
      segments: [{ generationId, firstTokenAt: null, ...behind }],
      pruneThrough: null,
    });
    const reading = readLog(engine, generationId);
    await assert.rejects(reading.ended, /lacks event 3/);
    assert.deepEqual(
      reading.events.map(({ seq }) => seq),
      [1, 2],
    );
    await assert.rejects(engine.readEvents(generationId, 10), /lacks event 3/);
  });

  test('what a dead process wrote behind a gap is left out', async () => {
    await using h = await startEngineHarness(storeEngine);
    const { store } = h.place;
    const { owner: dead } = await store.execute('registerOwner', { leaseMs: 60_000 });
    const { generationId } = await acceptAs(h, dead);
    const rows = [
      [3, ['three', 'four']],
      [5, ['five']],
      [8, ['eight']],
    ] as const;
    for (const [index, [firstSeq, events]] of rows.entries()) {
      const payload = packJournal([{ generationId, firstSeq, events }]);
      assert.equal(await store.appendJournal({ owner: dead, n: index + 1, payload }), 'committed');
    }
    const { owner } = await store.execute('registerOwner', { leaseMs: 60_000 });
    await store.execute('claimDeadOwners', { owner, all: true });
    const segments = await readSegments(store.reads, generationId, 2, 10);
    assert.deepEqual(segments, [{ firstSeq: 3, lastSeq: 5, events: ['three', 'four', 'five'] }]);
  });

  test('ends its generation as failed, with the text before the gap, and the next turn starts', async () => {
    await using h = await startEngineHarness(storeEngine);
    const { store } = h.place;
    const { owner } = await store.execute('registerOwner', { leaseMs: 60_000 });
    const { generationId, sessionId, answerMessageId } = await acceptAs(h, owner);
    const part = '{"type":"part-started","kind":"text"}';
    const common = { generationId, firstTokenAt: null };
    await store.execute('moveSegments', {
      owner,
      segments: [
        { ...common, firstSeq: 3, lastSeq: 4, events: `[${part},"before"]`, isPlain: false },
        { ...common, firstSeq: 9, lastSeq: 9, events: '["behind"]', isPlain: true },
      ],
      pruneThrough: null,
    });
    await store.execute('endLease', { owner });
    const engine = await h.start();
    await engine.titlesWritten();
    assert.equal((await engine.get(h.scope, generationId)).status, 'failed');
    const message = await store.reads
      .selectFrom('message')
      .select('text')
      .where('id', '=', answerMessageId)
      .executeTakeFirstOrThrow();
    assert.equal(message.text, 'before');
    await engine.cancel(h.scope, generationId);
    const again = await engine.accept(h.turn({ kind: 'session', sessionId, text: 'Again' }));
    await readLog(engine, again.generationId).ended;
    assert.equal((await engine.get(h.scope, again.generationId)).status, 'done');
  });
});
