/** What an answer from the internet does with the settings of its organization. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { abortable } from '../../../src/concurrency/abortable.ts';
import { newId } from '../../../src/domain/ids.ts';
import { callId } from '../../../src/domain/request/call-ids.ts';
import { buildPromptSection } from '../../../src/research/prompt.ts';
import { findQueries } from '../../../src/research/queries.ts';
import type { Researcher, ResearchRequest } from '../../../src/research/research.ts';
import { readLog, startEngineHarness } from '../engines.ts';

/** Asks for queries as the real researcher does, and finds nothing. */
function makeResearcher() {
  const requests: ResearchRequest[] = [];
  const queries: (readonly string[])[] = [];
  const researcher: Researcher = {
    async research(request) {
      requests.push(request);
      const found = await findQueries({ ...request, today: new Date() });
      queries.push(found.queries);
      request.signal.throwIfAborted();
      return { sources: [], promptSection: '', queries: found.queries };
    },
    async [Symbol.asyncDispose]() {},
  };
  return { researcher, requests, queries };
}

onBothStores('research and the settings', (storeEngine) => {
  test('with the internet off, whatever asks is answered without it, and told so', async () => {
    await using h = await startEngineHarness(storeEngine);
    const { researcher, requests } = makeResearcher();
    const engine = await h.start(undefined, { researcher });
    const { organizationId } = h.scope;
    await h.place.store.execute('updateOrganizationSettings', {
      organizationId,
      changes: { internet: 'off' },
      now: Date.now(),
    });
    h.upstream.setDefault(answer('From memory'));
    const { generationId } = await engine.accept(h.turn({ text: 'News?' }, { internet: true }));
    const log = readLog(engine, generationId);
    const { text, outcome } = await engine.answer(generationId);
    await log.ended;
    assert.deepEqual([text, outcome.status], ['From memory', 'done']);
    assert.equal(requests.length, 0);
    const sources = log.events
      .map(({ event }) => event)
      .find((event) => typeof event === 'object' && event.type === 'sources');
    assert.match(JSON.stringify(sources), /"sources":\[\].*turned off in this organization/);
  });

  test('behind the results of tools nothing is researched again', async () => {
    await using h = await startEngineHarness(storeEngine);
    const { researcher, requests } = makeResearcher();
    const engine = await h.start(undefined, { researcher });
    const steps = [
      { do: 'tool-call', id: 'x', name: 'look', arguments: '{}' },
      { do: 'finish', reason: 'tool_calls' },
      { do: 'end' },
    ] as const;
    h.upstream.setDefault((request) =>
      request.body?.tools === undefined || request.body.messages?.at(-1)?.role === 'tool'
        ? answer('Found')
        : { steps },
    );
    const options = { tools: [{ name: 'look' }] };
    const asked = await engine.accept(h.turn({ text: 'News?' }, { internet: true, options }));
    await readLog(engine, asked.generationId).ended;
    assert.equal(requests.length, 1);
    const result = { type: 'tool-result', id: callId(asked.answerMessageId, 1), result: 'seen' } as const;
    const next = await engine.accept(
      h.turn({
        kind: 'behind',
        messageId: asked.answerMessageId,
        messages: [{ role: 'tool', parts: [result] }],
        continues: true,
      }),
    );
    assert.equal((await engine.answer(next.generationId)).text, 'Found');
    assert.equal(requests.length, 1);
    const sent = h.upstream.requests.at(-1)?.body?.messages;
    assert.deepEqual(sent?.at(-1), { role: 'tool', tool_call_id: result.id, content: 'seen' });
  });

  test('the text of pages stands in a turn of the user, never in the system message', async () => {
    await using h = await startEngineHarness(storeEngine);
    const { researcher } = makeResearcher();
    const source = { index: 1, title: 'A page', url: 'https://page.test/', snippet: '' };
    const promptSection = buildPromptSection({
      ranked: [{ source, passages: ['Words of a stranger.'] }],
      nonce: '0123456789abcdef',
      today: new Date(),
    });
    const engine = await h.start(undefined, {
      researcher: {
        ...researcher,
        research: async () => ({ sources: [source], promptSection, queries: [] }),
      },
    });
    h.upstream.setDefault(answer('As the page says [1].'));
    const { generationId } = await engine.accept(h.turn({ text: 'News?' }, { internet: true }));
    await engine.answer(generationId);
    const messages = h.upstream.requests.at(-1)?.body?.messages ?? [];
    const of = (wanted: string) =>
      messages.filter(({ role }) => role === wanted).map(({ content }) => content);
    assert.equal(of('system').length, 1);
    assert.match(of('system')[0] ?? '', /written by strangers/);
    assert.doesNotMatch(of('system')[0] ?? '', /Words of a stranger|A page|page\.test/);
    assert.match(of('user').at(-1) ?? '', /^<<<SOURCES .*Words of a stranger.*>>>\n\nNews\?$/s);
  });

  test('an answer whose process ended while it read the web goes on without reading again, and says so', async () => {
    await using h = await startEngineHarness(storeEngine, { canContinue: true });
    const { researcher, requests } = makeResearcher();
    const deadly: Researcher = {
      ...researcher,
      research(request) {
        request.onStatus('searching');
        request.onStatus('reading');
        return abortable(new Promise<never>(() => {}), request.signal);
      },
    };
    const dying = await h.start(undefined, { researcher: deadly, leaseMs: 300 });
    const { generationId } = await dying.accept(h.turn({ text: 'News?' }, { internet: true }));
    const seen = readLog(dying, generationId);
    await seen.until(4);
    await dying[Symbol.asyncDispose]();
    seen.close();
    h.upstream.setDefault(answer('From memory'));
    const next = await h.start(undefined, { researcher, leaseMs: 300 });
    const log = readLog(next, generationId);
    await log.ended;
    const { text, outcome } = await next.answer(generationId);
    assert.deepEqual([text, outcome.status, requests.length], ['From memory', 'done', 0]);
    assert.match(JSON.stringify(log.events), /"sources":\[\],"notice":"The server stopped while it searched/);
  });

  test('the query instruction is the organization’s; thinking leaves room for queries', async () => {
    await using h = await startEngineHarness(storeEngine);
    const { researcher, queries } = makeResearcher();
    const engine = await h.start(undefined, { researcher });
    const { organizationId } = h.scope;
    await h.place.store.execute('updateOrganizationSettings', {
      organizationId,
      changes: { queryPrompt: 'Look it up in Latin.' },
      now: Date.now(),
    });
    const reasoning = Array.from({ length: 300 }, () => 'hm ');
    h.upstream.enqueue(answer('["fama Romae"]', { reasoning }), answer('Nothing new'));
    const { generationId } = await engine.accept(h.turn({ text: 'News of Rome?' }, { internet: true }));
    await engine.answer(generationId);
    assert.deepEqual(queries, [['fama Romae']]);
    const asked = h.upstream.requests[0]?.body;
    assert.match(
      asked?.messages?.[0]?.content ?? '',
      /Look it up in Latin\.[\s\S]*JSON array[\s\S]*News of Rome\?/,
    );
    assert.doesNotMatch(asked?.messages?.[0]?.content ?? '', /One query is best/);
    assert.ok(Number(asked?.max_tokens) > 200 + 300);
  });

  test('while the tokens of the key are spent, the message itself is searched for', async () => {
    await using h = await startEngineHarness(storeEngine);
    const { researcher, queries } = makeResearcher();
    const engine = await h.start(undefined, { researcher });
    const limits = { tokens_per_minute: 20 };
    const id = newId();
    await h.place.store.execute('createApiKey', {
      id,
      organizationId: h.scope.organizationId,
      name: 'limited',
      type: 'prod',
      prefix: 'sk_prod_x',
      hash: id,
      defaultPersonaId: null,
      limits,
      allowedOrigins: null,
      expiresAt: null,
      now: Date.now(),
    });
    h.upstream.setDefault(answer('Here they are'));
    // The answer's own reservation takes more than there is.
    const held = [{ subject: 'key', id, limits }] as const;
    const turn = h.turn({ text: 'News of Rome?' }, { internet: true, apiKeyId: id, limits: held });
    const { generationId } = await engine.accept(turn);
    assert.equal((await engine.answer(generationId)).text, 'Here they are');
    assert.deepEqual(queries, [['News of Rome?']]);
    assert.equal(h.upstream.requests.length, 1);
  });

  test('queries of an answer that is cancelled while they are searched for are paid for', async () => {
    await using h = await startEngineHarness(storeEngine);
    const { researcher } = makeResearcher();
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const slow: Researcher = {
      ...researcher,
      async research(request) {
        await findQueries({ ...request, today: new Date() });
        resolve();
        await new Promise((_, reject) =>
          request.signal.addEventListener('abort', () => reject(request.signal.reason)),
        );
        throw new Error('not reached');
      },
    };
    const engine = await h.start(undefined, { researcher: slow });
    h.upstream.enqueue(answer('["news"]'));
    const { generationId } = await engine.accept(h.turn({ text: 'News?' }, { internet: true }));
    await asked;
    const view = await engine.cancel(h.scope, generationId);
    assert.equal(view.status, 'cancelled');
    const calls = await h.place.store.reads.selectFrom('model_call').selectAll().execute();
    assert.deepEqual(
      calls.map(({ purpose, generation_id }) => [purpose, generation_id]),
      [['query', generationId]],
    );
  });
});
