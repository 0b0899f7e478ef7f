/** Readers of a generation that runs elsewhere share one tail: whoever listens to it keeps it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventRun, LogEvent } from '../../../src/domain/event.ts';
import { Lives, type ReaderDirectory } from '../../../src/generation/log/live-generations.ts';
import { LogReader } from '../../../src/generation/log/log-reader.ts';
import { RemoteTail } from '../../../src/generation/replicas/remote-tail.ts';
import type { Database } from '../../../src/store/store.ts';

function answer(firstSeq: number, events: readonly LogEvent[]) {
  return { id: 'g', firstSeq, events, segmentedSeq: firstSeq - 1, isAnswer: true };
}

test('a reader that finds a tail follows it, and leaves it when it closes', () => {
  const tail = new RemoteTail();
  assert.equal(tail.take(answer(1, ['a'])), 'began');
  const lives = new Lives();
  let followers = 0;
  const directory: ReaderDirectory = {
    find: (id) => lives.find(id),
    findTail: () => tail,
    isAbandoned: () => false,
    onWake: (id, wake) => lives.onWake(id, wake),
    follow() {
      followers += 1;
      return { ask() {}, [Symbol.dispose]: () => void followers-- };
    },
  };
  const runs: EventRun[] = [];
  const sink = { write: (run: EventRun) => runs.push(run) > 0, end() {}, fail: assert.fail };
  // The store is not asked: the tail has all.
  const reader = new LogReader(undefined as unknown as Database, directory, 'g', 0, sink);
  reader.start();
  assert.equal(followers, 1);
  assert.equal(tail.take({ ...answer(2, ['b']), isAnswer: false }), 'went on');
  assert.deepEqual(
    runs.flatMap(({ events }) => events),
    ['a', 'b'],
  );
  reader.close();
  assert.equal(followers, 0);
  assert.equal(tail.listenerCount, 0);
});

test('a gap is never passed: the tail is lost until its owner answers anew', () => {
  const tail = new RemoteTail();
  const seen: LogEvent[] = [];
  let left = 0;
  const listener = { onRun: ({ events }: EventRun) => void seen.push(...events), onLeft: () => void left++ };
  assert.equal(tail.take({ ...answer(1, ['a']), isAnswer: false }), 'ignored');
  assert.equal(tail.take(answer(3, ['c'])), 'began');
  assert.equal(tail.committedAfter(1), undefined);
  assert.deepEqual(tail.committedAfter(2)?.events, ['c']);
  tail.addListener(listener);
  assert.equal(tail.take({ ...answer(3, ['c', 'd']), isAnswer: false }), 'went on');
  assert.equal(tail.take({ ...answer(6, ['f']), isAnswer: false }), 'lost');
  assert.deepEqual([seen, left, tail.isLive], [['d'], 1, false]);
  assert.equal(tail.take(answer(5, ['e', 'f'])), 'began');
  assert.equal(tail.lastSeq, 6);
});
