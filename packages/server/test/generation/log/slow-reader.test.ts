/** A reader gets a long log in pieces, a slow one each when it has room for it; segments are pieces too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate, type Step } from 'colloquy-testkit/upstream/scripted-upstream';
import type { EventRun } from '../../../src/domain/event.ts';
import type { Engine } from '../../../src/generation/engine.ts';
import { readSegments } from '../../../src/store/queries/segments.ts';
import { readLog, startEngineHarness } from '../engines.ts';

const tokens = Array.from({ length: 400 }, (_, index) => `${index} ${'x'.repeat(2000)}`);
/** A piece, and the one event that fills it. */
const mostCharacters = 64 * 1024 + 2100;

/** Reads to the end with a sink that is full after every write; the runs that it got. */
async function readSlowly(engine: Engine, generationId: string): Promise<EventRun[]> {
  const runs: EventRun[] = [];
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  const subscription = engine.subscribe(generationId, 0, {
    write(run) {
      runs.push(run);
      setImmediate(() => subscription.resume());
      return false;
    },
    end: resolve,
    fail: reject,
  });
  await ended;
  return runs;
}

function check(runs: readonly EventRun[]): void {
  const sizes = runs.map(({ events }) => events.filter((event) => typeof event === 'string').join('').length);
  assert.ok(Math.max(...sizes) <= mostCharacters, `${Math.max(...sizes)} characters in one write`);
  let next = 1;
  for (const { firstSeq, events } of runs) {
    assert.equal(firstSeq, next);
    next += events.length;
  }
  const events = runs.flatMap((run) => run.events);
  assert.equal(events.filter((event) => typeof event === 'string').join(''), tokens.join(''));
}

/** Events in a piece at most: each costs 100 characters besides its own. */
const mostEvents = (64 * 1024) / 100;

onBothStores('a log of many small events', (storeEngine) => {
  test('comes in pieces of few events, and lies in segments of few', async () => {
    await using h = await startEngineHarness(storeEngine);
    const small = Array.from({ length: 3000 }, (_, index) => `${index % 10}`);
    h.upstream.enqueue(answer('', { tokens: small }));
    const engine = await h.start();
    const { generationId } = await engine.accept(h.turn({ text: 'Hi' }));
    await readLog(engine, generationId).ended;
    const runs = await readSlowly(engine, generationId);
    const segments = await readSegments(h.place.store.reads, generationId, 0, 1000);
    for (const run of [...runs, ...segments]) {
      assert.ok(run.events.length <= mostEvents, `${run.events.length} events in one piece`);
    }
    const text = runs.flatMap(({ events }) => events.filter((event) => typeof event === 'string')).join('');
    assert.equal(text, small.join(''));
  });

  test('comes from the store one segment in a turn of the event loop, whoever else reads', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.enqueue(answer('', { tokens: Array.from({ length: 3000 }, () => 'x') }));
    const engine = await h.start();
    const { generationId } = await engine.accept(h.turn({ text: 'Hi' }));
    await readLog(engine, generationId).ended;
    const turns: number[] = [0];
    let isOver = false;
    const nextTurn = (): void => {
      turns.push(0);
      if (!isOver) setImmediate(nextTurn);
    };
    setImmediate(nextTurn);
    const readers = Array.from({ length: 10 }, () => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const write = ({ events }: EventRun): boolean => {
        turns.push((turns.pop() ?? 0) + events.length);
        return true;
      };
      engine.subscribe(generationId, 0, { write, end: resolve, fail: reject });
      return promise;
    });
    await Promise.all(readers);
    isOver = true;
    assert.ok(Math.max(...turns) <= mostEvents, `${Math.max(...turns)} events in one turn`);
    assert.ok(turns.reduce((sum, events) => sum + events, 0) >= 10 * 3000);
  });
});

onBothStores('a long log', (storeEngine) => {
  test('comes in pieces: live, from memory and from the store', async () => {
    await using h = await startEngineHarness(storeEngine);
    const [begun, held] = [gate(), gate()];
    const { steps = [] } = answer('', { tokens });
    const [headers, ...others] = steps as [Step, ...Step[]];
    // The model sends all tokens at once and waits before the end; until then everything is in memory.
    h.upstream.enqueue({
      steps: [headers, begun.step, ...others.slice(0, -3), held.step, ...others.slice(-3)],
    });
    const engine = await h.start();
    const { generationId } = await engine.accept(h.turn({ text: 'Hi' }));
    const live: EventRun[] = [];
    const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
    engine.subscribe(generationId, 0, {
      write: (run) => live.push(run) > 0,
      end: resolve,
      fail: reject,
    });
    const quick = readLog(engine, generationId);
    begun.release();
    // The events queued, started, part start and all tokens are committed.
    await quick.until(3 + tokens.length);
    const fromMemory = readSlowly(engine, generationId);
    held.release();
    check(await fromMemory);
    await ended;
    check(live);
    check(await readSlowly(engine, generationId));
    const segments = await readSegments(h.place.store.reads, generationId, 0, 100);
    check(segments);
    assert.deepEqual(
      segments.map(({ lastSeq }) => lastSeq),
      segments.map(({ firstSeq, events }) => firstSeq + events.length - 1),
    );
  });
});
