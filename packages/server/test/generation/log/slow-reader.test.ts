/** A slow reader gets a long log in pieces, each when it has room for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, gate } from 'colloquy-testkit/upstream/scripted-upstream';
import type { EventRun } from '../../../src/domain/event.ts';
import type { Engine } from '../../../src/generation/engine.ts';
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

test('backfill comes in pieces, from memory and from the store', async () => {
  const harness = await startEngineHarness('sqlite');
  await using h = harness;
  const held = gate();
  const { steps = [] } = answer('', { tokens });
  // The model sends all tokens and waits before the end; until then everything is in memory.
  h.upstream.enqueue({ steps: [...steps.slice(0, -3), held.step, ...steps.slice(-3)] });
  const engine = await h.start();
  const { generationId } = await engine.accept(h.turn({ text: 'Hi' }));
  const quick = readLog(engine, generationId);
  // The events queued, started, part start and all tokens are committed.
  await quick.until(3 + tokens.length);
  const fromMemory = readSlowly(engine, generationId);
  held.release();
  check(await fromMemory);
  await engine.answer(generationId);
  check(await readSlowly(engine, generationId));
});
