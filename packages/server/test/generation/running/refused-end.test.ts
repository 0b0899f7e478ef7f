/** What a provider says never keeps an answer from ending, and neither does a store that refuses to store the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate, type Script } from 'colloquy-testkit/upstream/scripted-upstream';
import { AppError } from '../../../src/domain/errors.ts';
import type { Engine } from '../../../src/generation/engine.ts';
import type { CommandArgs, CommandName, CommandResult } from '../../../src/store/command.ts';
import type { Store } from '../../../src/store/store.ts';
import { type EngineHarness, readLog, startEngineHarness, textOf } from '../engines.ts';

/** What does not end fails here, and not only with the whole file. */
const options = { timeout: 30_000 };

/** The store, which refuses some commands as a database does that meets a value that its column does not take. */
function refusing(
  store: Store,
  isRefused: (name: CommandName) => boolean,
): Store & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    ...store,
    asked,
    async execute<N extends CommandName>(name: N, args: CommandArgs<N>): Promise<CommandResult<N>> {
      if (!isRefused(name)) return store.execute(name, args);
      asked.push(name);
      throw Object.assign(new Error('invalid input syntax'), { code: '22P02' });
    },
  };
}

async function ended(engine: Engine, h: EngineHarness, text = 'Hi') {
  const { generationId, sessionId } = await engine.accept(h.turn({ text }));
  const reading = readLog(engine, generationId);
  await reading.ended;
  const calls = await h.place.store.reads
    .selectFrom('model_call')
    .selectAll()
    .where('generation_id', '=', generationId)
    .execute();
  return { generationId, sessionId, reading, calls, view: await engine.get(h.scope, generationId) };
}

const chunk = (choice: object): { do: 'raw'; data: string } => ({
  do: 'raw',
  data: `data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`,
});

onBothStores('an end that the store would refuse', (storeEngine) => {
  for (const [prompt, completion] of [
    [11.5, 3],
    [3e9, 3],
    [1e300, 1e300],
    [-4, 2],
    [7, 0.1],
  ] as const) {
    test(`a provider that reports ${prompt} and ${completion} tokens`, options, async () => {
      await using h = await startEngineHarness(storeEngine);
      h.upstream.enqueue(
        answer('All is well', { usage: { promptTokens: prompt, completionTokens: completion } }),
      );
      const { view, calls, reading } = await ended(await h.start(), h);
      assert.equal(view.status, 'done');
      assert.equal(textOf(reading), 'All is well');
      assert.equal(view.usage?.provenance, 'estimated');
      const [call] = calls;
      assert.ok(call !== undefined && Number.isInteger(call.prompt_tokens) && call.prompt_tokens < 100);
    });
  }

  const bad = 'a\0b\ud800c';
  const scripts: readonly (readonly [string, Script])[] = [
    ['its text', { steps: [chunk({ delta: { content: bad } }), { do: 'finish' }, { do: 'end' }] }],
    [
      'its reasoning',
      {
        steps: [
          chunk({ delta: { reasoning_content: bad } }),
          chunk({ delta: { content: 'x' } }),
          { do: 'finish' },
          { do: 'end' },
        ],
      },
    ],
    [
      'its tool calls',
      {
        steps: [
          { do: 'tool-call', id: bad, name: bad, arguments: `{"a":"${bad}"}`, pieces: 1 },
          { do: 'finish', reason: 'tool_calls' },
          { do: 'end' },
        ],
      },
    ],
    [
      'its error',
      {
        steps: [
          { do: 'tokens', tokens: ['x'] },
          { do: 'error', type: bad, message: bad },
        ],
      },
    ],
  ];
  for (const [what, script] of scripts) {
    test(`NUL and half of a character in ${what}`, options, async () => {
      await using h = await startEngineHarness(storeEngine);
      h.upstream.enqueue(script);
      const { view, reading, calls } = await ended(await h.start(), h);
      assert.equal(view.status, what === 'its error' ? 'failed' : 'done');
      const stored = await h.place.store.reads
        .selectFrom('message')
        .select(['parts', 'text'])
        .where('id', '=', view.messageId)
        .executeTakeFirstOrThrow();
      for (const text of [stored.text, stored.parts, JSON.stringify(reading.events), JSON.stringify(view)]) {
        assert.doesNotMatch(text, /\\u0000|\\ud800|\0/);
        assert.ok(text.isWellFormed());
      }
      assert.equal(calls.length, 1);
    });
  }

  test(
    'a refused end is failed in another way, with its text, and the next turn starts',
    options,
    async () => {
      await using h = await startEngineHarness(storeEngine);
      const held = gate();
      h.upstream.enqueue({
        steps: [
          { do: 'tokens', tokens: ['Some ', 'words'] },
          held.step,
          { do: 'tokens', tokens: [' more'] },
          { do: 'finish' },
          { do: 'end' },
        ],
      });
      let refuses = true;
      const store = refusing(h.place.store, (name) => name === 'finishGeneration' && refuses);
      const engine = await h.start(store);
      const first = await engine.accept(h.turn({ text: 'Hi' }));
      const reading = readLog(engine, first.generationId);
      await reading.until(4);
      const second = await engine.accept(
        h.turn({ kind: 'session', sessionId: first.sessionId, text: 'And?' }, { whenBusy: 'queue' }),
      );
      held.release();
      await reading.ended;
      refuses = false;
      const view = await engine.get(h.scope, first.generationId);
      assert.equal(view.status, 'failed');
      assert.equal(view.error?.code, 'internal');
      assert.equal(view.usage?.provenance, 'unknown');
      assert.ok(store.asked.length <= 10, String(store.asked.length));
      const replay = readLog(engine, first.generationId);
      await replay.ended;
      assert.deepEqual(replay.events, reading.events);
      assert.match(textOf(replay), /^Some words/);
      const message = await h.place.store.reads
        .selectFrom('message')
        .select(['text', 'status'])
        .where('id', '=', view.messageId)
        .executeTakeFirstOrThrow();
      assert.deepEqual({ ...message }, { text: textOf(replay), status: 'failed' });
      const next = readLog(engine, second.generationId);
      await next.ended;
      assert.equal((await engine.get(h.scope, second.generationId)).status, 'done');
    },
  );

  test('a store that refuses every end lets readers, cancels and the stop go', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    let refuses = true;
    const ends: readonly CommandName[] = ['finishGeneration', 'failGeneration'];
    const store = refusing(h.place.store, (name) => refuses && ends.includes(name));
    const engine = await h.start(store);
    const { generationId } = await engine.accept(h.turn({ text: 'Hi' }));
    const isInternal = (error: unknown): boolean => error instanceof AppError && error.code === 'internal';
    await assert.rejects(readLog(engine, generationId).ended, isInternal);
    await assert.rejects(engine.answer(generationId), isInternal);
    await assert.rejects(engine.cancel(h.scope, generationId), isInternal);
    const tries = store.asked.length;
    assert.ok(tries <= 12, String(tries));
    await engine.drain(20_000);
    assert.equal(store.asked.length, tries);
    await engine[Symbol.asyncDispose]();
    refuses = false;
    const next = await h.start(store);
    const reading = readLog(next, generationId);
    await reading.ended;
    assert.equal((await next.get(h.scope, generationId)).status, 'cancelled');
  });

  test('a store that is away is waited for', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    let tries = 0;
    const engine = await h.start({
      ...h.place.store,
      async execute<N extends CommandName>(name: N, args: CommandArgs<N>): Promise<CommandResult<N>> {
        // More often than a refusal is tried.
        if (name === 'finishGeneration' && ++tries <= 5) {
          throw Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
        }
        return h.place.store.execute(name, args);
      },
    });
    const { view } = await ended(engine, h);
    assert.equal(view.status, 'done');
    assert.equal(tries, 6);
  });

  test('events that the store refuses end their own generation alone', options, async () => {
    await using h = await startEngineHarness(storeEngine);
    const [held, other] = [gate(), gate()];
    const stepsAround = (one: ReturnType<typeof gate>, word: string): Script => ({
      steps: [
        { do: 'tokens', tokens: ['before '] },
        one.step,
        { do: 'tokens', tokens: [word] },
        { do: 'stall' },
      ],
    });
    h.upstream.enqueue(stepsAround(held, 'poison'), stepsAround(other, 'balm'));
    const engine = await h.start({
      ...h.place.store,
      async appendJournal(row) {
        if (row.payload.includes('poison')) throw Object.assign(new Error('too long'), { code: '54000' });
        return h.place.store.appendJournal(row);
      },
    });
    const one = await engine.accept(h.turn({ text: 'One' }));
    const oneLog = readLog(engine, one.generationId);
    await oneLog.until(4);
    const two = await engine.accept(h.turn({ text: 'Two' }));
    const twoLog = readLog(engine, two.generationId);
    await twoLog.until(4);
    held.release();
    other.release();
    await oneLog.ended;
    await twoLog.until(5);
    assert.equal(textOf(oneLog), 'before ');
    assert.equal((await engine.get(h.scope, one.generationId)).status, 'failed');
    const stored = await h.place.store.reads
      .selectFrom('message')
      .select('text')
      .where('id', '=', one.answerMessageId)
      .executeTakeFirstOrThrow();
    assert.equal(stored.text, 'before ');
    assert.equal(textOf(twoLog), 'before balm');
    await engine.cancel(h.scope, two.generationId);
    await twoLog.ended;
    assert.equal((await engine.get(h.scope, two.generationId)).status, 'cancelled');
  });
});
