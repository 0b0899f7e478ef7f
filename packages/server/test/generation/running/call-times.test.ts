/** How long each call of a model took is stored with it, by the engine's clock, which these models move. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import type { LanguageModel, ModelPart } from '../../../src/models/language-model.ts';
import { ModelError } from '../../../src/models/model-error.ts';
import { type EngineHarness, readLog, startEngineHarness } from '../engines.ts';

/** After so many milliseconds come these parts; an error ends the stream. */
type Step = readonly [afterMs: number, what: ModelPart | Error];

const finish: ModelPart = { type: 'finish', reason: 'stop' };

async function timesOf(h: EngineHarness, steps: readonly Step[]) {
  let clock = Date.now();
  const model: LanguageModel = {
    provider: 'fake',
    canContinue: false,
    followsPrompts: true,
    writesQueries: false,
    countTokens: (text) => text.length,
    async *stream(_request, { signal }) {
      for (const [afterMs, what] of steps) {
        clock += afterMs;
        if (what instanceof Error) throw what;
        yield [what];
        signal.throwIfAborted();
      }
    },
  };
  const engine = await h.start(undefined, {
    models: { get: () => model, whenReady: async () => model },
    now: () => clock,
    titles: false,
  });
  const { generationId } = await engine.accept(h.turn({ text: 'Hi' }));
  await readLog(engine, generationId).ended;
  return await h.place.store.reads
    .selectFrom('model_call')
    .select(['first_token_ms', 'duration_ms', 'is_failed'])
    .where('generation_id', '=', generationId)
    .executeTakeFirstOrThrow();
}

onBothStores('how long calls take', (storeEngine) => {
  const table: Readonly<Record<string, [steps: readonly Step[], first: number | null, all: number | null]>> =
    {
      'an answer': [
        [
          [120, { type: 'text', text: 'a' }],
          [380, { type: 'text', text: 'b' }],
          [0, finish],
        ],
        120,
        500,
      ],
      'an answer after reasoning': [
        [
          [50, { type: 'reasoning', text: 'hm' }],
          [100, { type: 'text', text: 'b' }],
          [1, finish],
        ],
        50,
        151,
      ],
      'a failure before the first token': [
        [[70, new ModelError('provider_error', 'no', { retryable: false })]],
        null,
        null,
      ],
      'a failure after it': [
        [
          [70, { type: 'text', text: 'a' }],
          [30, new ModelError('provider_error', 'no', { retryable: false })],
        ],
        70,
        null,
      ],
    };
  for (const [name, [steps, first, all]] of Object.entries(table)) {
    test(name, async () => {
      await using h = await startEngineHarness(storeEngine);
      const { first_token_ms, duration_ms, is_failed } = await timesOf(h, steps);
      assert.deepEqual([first_token_ms, duration_ms], [first, all]);
      assert.equal(is_failed, all === null ? 1 : 0);
    });
  }
});
