/** Which summaries an organization's settings let be written, by whom and how, and what is taken for one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { newId } from '../../../src/domain/ids.ts';
import { summaryOf } from '../../../src/generation/afterwards/summary-prompt.ts';
import type { AcceptedGeneration } from '../../../src/generation/interface.ts';
import { scriptLong, summariesOf, summaryCalls, talk } from '../context/contexts.ts';
import { startEngineHarness } from '../engines.ts';

onBothStores('summaries and the settings', (storeEngine) => {
  test('the helper model writes them, by the organization’s instruction; or nobody does', async () => {
    await using h = await startEngineHarness(storeEngine);
    scriptLong(h);
    h.upstream.script('helper', answer('What the helper knows', { reasoning: ['Let me ', 'see.'] }));
    const engine = await h.start(undefined, { summaries: false });
    const { organizationId } = h.scope;
    const none = await talk(h, engine, 7);
    assert.equal(summaryCalls(h).length, 0, 'off in the environment');
    const helperModelId = newId();
    await h.place.store.execute('createModel', {
      id: helperModelId,
      organizationId,
      settings: {
        name: 'helper',
        provider: 'openai-compatible',
        model: 'helper',
        baseUrl: h.upstream.openAiUrl,
      },
      byOperator: true,
      now: Date.now(),
    });
    await h.place.store.execute('updateOrganizationSettings', {
      organizationId,
      changes: { summaries: 'on', helperModelId, summaryPrompt: 'Report it all.' },
      now: Date.now(),
    });
    const [first] = await talk(h, engine, 7);
    const [summary] = await summariesOf(h, (first as AcceptedGeneration).sessionId);
    assert.deepEqual([summary?.text, summary?.model_id], ['What the helper knows', helperModelId]);
    const asked = h.upstream.requests.find(({ model }) => model === 'helper');
    assert.match(asked?.body?.messages?.[0]?.content ?? '', /^Report it all\.\nWrite at most \d+ words\.$/);
    assert.equal((await summariesOf(h, (none[0] as AcceptedGeneration).sessionId)).length, 0);
  });
});

test('what is taken for a summary', () => {
  const report = `Sorry, but the user wrote first. ${'Then much else was said. '.repeat(20)}`.trim();
  for (const [reply, summary] of [
    ['They spoke of vectors.', 'They spoke of vectors.'],
    ['<summary>\nThey spoke.\n</summary>', 'They spoke.'],
    [report, report],
    ["I'm sorry, but I can't summarise this.", undefined],
    ['<think>Hm', undefined],
    ['***', undefined],
    [' \n', undefined],
  ] as const)
    assert.equal(summaryOf(reply), summary, reply);
});
