/** A live generation's transitions: which are allowed in which state, and what no sequence of them can break. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventRun, FinishedEvent, LogEvent } from '../../../src/domain/event.ts';
import { LiveGeneration, type LiveState } from '../../../src/generation/log/live-generation.ts';

const identity = { id: 'g', conversationId: 'c', sessionId: 's', messageId: 'm' };
const first: LogEvent = { type: 'generation-started' };
const last: FinishedEvent = {
  type: 'generation-finished',
  status: 'done',
  finish_reason: 'stop',
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, provenance: 'reported' },
  error: null,
};
const settled = Promise.resolve();
const pending = new Promise<void>(() => {});
const fresh = (): LiveGeneration => new LiveGeneration(identity, [first]);

/** Settles the commit that an `ending` generation waits for. */
const settleOf = new WeakMap<LiveGeneration, () => void>();

/** A new generation in each state; `ending` is one whose commit has not settled. */
const reach: Readonly<Record<LiveState, () => Promise<LiveGeneration>>> = {
  open: async () => fresh(),
  async ending() {
    const live = fresh();
    live.append('a');
    const commit = Promise.withResolvers<void>();
    settleOf.set(live, commit.resolve);
    live.beginCommit(commit.promise);
    void live.beginEnd(last);
    return live;
  },
  async finishing() {
    const live = fresh();
    await live.beginEnd(last);
    return live;
  },
  async ended() {
    const live = await reach.finishing();
    live.end(true);
    return live;
  },
  async dropped() {
    const live = fresh();
    live.drop();
    return live;
  },
};

const transitions = {
  append: (live: LiveGeneration) => live.append('x'),
  cancel: (live: LiveGeneration) => live.cancel(),
  drop: (live: LiveGeneration) => live.drop(),
  beginCommit: (live: LiveGeneration) => live.beginCommit(pending),
  settleCommit: (live: LiveGeneration) => live.settleCommit(1),
  loseCommit: (live: LiveGeneration) => live.settleCommit(undefined),
  beginMove: (live: LiveGeneration) => live.beginMove(pending),
  settleMove: (live: LiveGeneration) => live.settleMove(2),
  beginEnd: (live: LiveGeneration) => live.beginEnd(last),
  end: (live: LiveGeneration) => live.end(true),
  leave: (live: LiveGeneration) => live.leave(),
} as const;

/** The state after a transition, or `refused`. Only in `ending` does the generation have a commit under way. */
const table: Readonly<Record<keyof typeof transitions, Readonly<Record<LiveState, LiveState | 'refused'>>>> =
  {
    append: { open: 'open', ending: 'refused', finishing: 'refused', ended: 'refused', dropped: 'dropped' },
    cancel: { open: 'open', ending: 'ending', finishing: 'finishing', ended: 'ended', dropped: 'dropped' },
    drop: { open: 'dropped', ending: 'dropped', finishing: 'dropped', ended: 'ended', dropped: 'dropped' },
    beginCommit: {
      open: 'open',
      ending: 'ending',
      finishing: 'finishing',
      ended: 'ended',
      dropped: 'dropped',
    },
    settleCommit: {
      open: 'refused',
      ending: 'finishing',
      finishing: 'refused',
      ended: 'refused',
      dropped: 'refused',
    },
    loseCommit: {
      open: 'refused',
      ending: 'dropped',
      finishing: 'refused',
      ended: 'refused',
      dropped: 'refused',
    },
    beginMove: { open: 'open', ending: 'ending', finishing: 'finishing', ended: 'ended', dropped: 'dropped' },
    settleMove: {
      open: 'refused',
      ending: 'refused',
      finishing: 'refused',
      ended: 'refused',
      dropped: 'refused',
    },
    beginEnd: {
      open: 'finishing',
      ending: 'refused',
      finishing: 'refused',
      ended: 'refused',
      dropped: 'dropped',
    },
    end: { open: 'refused', ending: 'refused', finishing: 'ended', ended: 'refused', dropped: 'refused' },
    leave: { open: 'refused', ending: 'refused', finishing: 'refused', ended: 'ended', dropped: 'dropped' },
  };

for (const [name, row] of Object.entries(table) as [keyof typeof transitions, typeof table.append][]) {
  for (const [state, expected] of Object.entries(row) as [LiveState, LiveState | 'refused'][]) {
    test(`${name} while it is ${state}: ${expected}`, async () => {
      const live = await reach[state]();
      assert.equal(live.state, state);
      const run = async (): Promise<unknown> => transitions[name](live);
      if (expected === 'refused') {
        await assert.rejects(run, {
          message: `generation g: ${name.replace('lose', 'settle')} is not allowed while it is ${state}`,
        });
        assert.equal(live.state, state);
      } else {
        await run();
        if (live.commitUnderWay === undefined) settleOf.get(live)?.();
        await new Promise(setImmediate);
        assert.equal(live.state, expected);
      }
    });
  }
}

test('a cancel aborts the model call; once the generation is ending, it is ignored', async () => {
  const open = fresh();
  open.cancel();
  assert.ok(open.isCancelled && open.signal.aborted);
  const ending = await reach.ending();
  ending.cancel();
  assert.ok(!ending.isCancelled && !ending.signal.aborted);
});

test('the end waits for the commit and for the move that are under way, and takes what came meanwhile', async () => {
  const live = fresh();
  live.append('a');
  live.beginCommit(pending);
  live.settleCommit(1);
  const commit = Promise.withResolvers<void>();
  const move = Promise.withResolvers<void>();
  assert.deepEqual(live.beginMove(move.promise), { firstSeq: 2, events: ['a'] });
  live.append('b');
  live.beginCommit(commit.promise);
  live.append('c');
  const ended = live.beginEnd(last);
  live.settleMove(2);
  move.resolve();
  await move.promise;
  assert.equal(live.state, 'ending');
  live.settleCommit(2);
  commit.resolve();
  assert.deepEqual(await ended, { firstSeq: 3, events: ['b', 'c', last] });
  assert.equal(live.committedSeq, 3);
});

test('a drop during the end keeps the terminal event from being stored', async () => {
  const live = fresh();
  const commit = Promise.withResolvers<void>();
  live.append('a');
  live.beginCommit(commit.promise);
  const ended = live.beginEnd(last);
  live.drop();
  live.settleCommit(1);
  commit.resolve();
  assert.equal(await ended, undefined);
});

test('a drop while the terminal event is being stored changes nothing about what readers get', async () => {
  const live = await reach.finishing();
  const runs: EventRun[] = [];
  live.addListener({ onRun: (run) => runs.push(run), onLeft() {} });
  live.drop();
  live.end(true);
  assert.deepEqual(runs, [{ firstSeq: 2, events: [last] }]);
  assert.equal(live.state, 'ended');
});

test('readers are told once that it has left', async () => {
  const live = await reach.ended();
  let left = 0;
  live.addListener({ onRun() {}, onLeft: () => left++ });
  live.leave();
  live.leave();
  await live.ended;
  assert.equal(left, 1);
});

/** A pseudo-random number in [0, 1) for each call, always the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** The events that a store would hold after the transitions so far. */
class Recorder {
  readonly live = fresh();
  readonly stored: LogEvent[] = [first];
  readonly received: LogEvent[] = [first];
  /** The journal row of each stored event; 0 for events of the first segment. */
  readonly rowOf: number[] = [0];
  commit: { readonly run: EventRun; readonly n: number; settle(): void } | undefined;
  move: { readonly nextN: number; settle(): void } | undefined;
  final: EventRun | undefined;
  ending: Promise<void> | undefined;
  appended = 1;
  #n = 0;

  constructor() {
    this.live.addListener({
      onRun: (run) => {
        assert.equal(run.firstSeq, this.received.length + 1, 'a run follows what the reader has');
        this.received.push(...run.events);
        assert.ok(this.received.length <= this.stored.length, 'nothing is published before it is stored');
      },
      onLeft() {},
    });
  }

  append(): void {
    const before = this.live.pendingCount;
    try {
      this.live.append(`t${this.appended}`);
    } catch {
      assert.ok(['ending', 'finishing', 'ended'].includes(this.live.state));
    }
    const added = this.live.pendingCount - before;
    assert.equal(added, this.live.state === 'open' ? 1 : 0, 'only an open log grows');
    this.appended += added;
  }

  beginCommit(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const run = this.live.beginCommit(promise);
    if (run === undefined) return;
    assert.equal(this.commit, undefined, 'one commit at a time');
    assert.equal(this.live.state, 'open');
    assert.equal(run.firstSeq, this.stored.length + 1, 'a commit goes on where the store ends');
    this.commit = { run, n: ++this.#n, settle: resolve };
  }

  settleCommit(isStored: boolean): void {
    if (this.commit === undefined) return;
    const { run, n, settle } = this.commit;
    this.commit = undefined;
    if (isStored) {
      this.stored.push(...run.events);
      this.rowOf.push(...run.events.map(() => n));
    }
    this.live.settleCommit(isStored ? n : undefined);
    settle();
  }

  beginMove(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const run = this.live.beginMove(promise);
    if (run === undefined) return;
    assert.equal(this.move, undefined, 'one move at a time');
    const from = this.live.segmentedSeq;
    assert.deepEqual(
      run,
      { firstSeq: from + 1, events: this.stored.slice(from) },
      'only what is stored moves',
    );
    this.move = { nextN: this.commit === undefined ? this.#n + 1 : this.#n, settle: resolve };
  }

  settleMove(isMoved: boolean): void {
    if (this.move === undefined) return;
    this.live.settleMove(isMoved ? this.move.nextN : undefined);
    this.move.settle();
    this.move = undefined;
  }

  beginEnd(): void {
    if (this.live.state !== 'open') return;
    this.ending = this.live.beginEnd(last).then((final) => {
      this.final = final;
    });
  }

  end(isStored: boolean): void {
    if (this.final === undefined) return;
    const { firstSeq, events } = this.final;
    this.final = undefined;
    assert.equal(firstSeq, this.live.segmentedSeq + 1, 'the end stores all that no segment holds');
    assert.deepEqual(events.slice(0, this.stored.length + 1 - firstSeq), this.stored.slice(firstSeq - 1));
    assert.equal(events.at(-1), last);
    if (isStored) this.stored.push(...events.slice(this.stored.length + 1 - firstSeq));
    this.live.end(isStored);
  }

  check(): void {
    const { live, stored } = this;
    assert.equal(live.committedSeq, stored.length);
    assert.ok(live.segmentedSeq <= live.committedSeq);
    assert.deepEqual(this.received, stored, 'readers have what is stored');
    const tail = live.committedAfter(live.segmentedSeq);
    assert.deepEqual(tail?.events, stored.slice(live.segmentedSeq), 'memory holds what no segment holds');
    assert.equal(live.committedAfter(stored.length)?.events.length, 0);
    if (live.state === 'ended') return;
    const row = this.rowOf[live.segmentedSeq];
    if (row === undefined) assert.equal(live.oldestJournalN, undefined, 'no journal row is kept for nothing');
    else
      assert.ok(live.oldestJournalN !== undefined && live.oldestJournalN <= row, 'its journal row is kept');
  }
}

test('no sequence of transitions breaks what the log promises', async () => {
  const reached = new Set<LiveState>();
  for (let seed = 1; seed <= 300; seed++) {
    const random = randomOf(seed);
    const recorder = new Recorder();
    const steps: readonly (() => void)[] = [
      () => recorder.append(),
      () => recorder.append(),
      () => recorder.beginCommit(),
      () => recorder.settleCommit(random() < 0.97),
      () => recorder.beginMove(),
      () => recorder.settleMove(random() < 0.8),
      () => random() < 0.1 && recorder.live.cancel(),
      () => random() < 0.1 && recorder.beginEnd(),
      () => recorder.end(random() < 0.9),
      () => random() < 0.02 && recorder.live.drop(),
    ];
    for (let count = 0; count < 120; count++) {
      steps[Math.floor(random() * steps.length)]?.();
      await settled;
      await settled;
      recorder.check();
      reached.add(recorder.live.state);
    }
    recorder.settleCommit(true);
    recorder.settleMove(true);
    await recorder.ending;
    recorder.end(true);
    recorder.check();
    reached.add(recorder.live.state);
    const ends = recorder.received.filter((event) => event === last);
    assert.ok(
      ends.length <= 1 && (ends.length === 0 || recorder.received.at(-1) === last),
      'the end is last',
    );
  }
  assert.deepEqual([...reached].sort(), ['dropped', 'ended', 'ending', 'finishing', 'open']);
});
