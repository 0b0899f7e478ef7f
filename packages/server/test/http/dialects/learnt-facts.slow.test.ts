/**
 * What a strict provider taught a server is in the store: after a restart, and on another replica that runs all the
 * while, the next turn is sent right at once. Each server is a process of its own, so that nothing but the store is shared.
 */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { type ChildServer, spawnServer } from 'colloquy-testkit/server-process';
import { administer, makeTenant } from 'colloquy-testkit/tenants';
import { answer, startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import { countStrictly, type Strictness, strict } from 'colloquy-testkit/upstream/strict';
import type { StoreEngine } from '../../../src/store/store.ts';

const windowTokens = 2000;
/** About 250 tokens as the server counts them, and more as the provider does. */
const long = 'All work and no play makes Jack a dull boy, they say. '.repeat(20);

interface Learnt {
  readonly context_window: number | null;
  readonly refused_parameters: readonly string[];
}

/** A server with a tenant whose model nobody knows, in front of a strict provider. */
async function prepare(t: TestContext, engine: StoreEngine, rules: Strictness) {
  const place = await emptyPlace(engine);
  const upstream = await startScriptedUpstream();
  const running = new Set<ChildServer>();
  t.after(async () => {
    for (const server of running) await server[Symbol.asyncDispose]();
    await upstream[Symbol.asyncDispose]();
    await rm(place.dataDir, { recursive: true, force: true });
  });
  const start = async (): Promise<ChildServer> => {
    // No machine is so busy that a lease runs out.
    const settings = { COLLOQUY_SUMMARIES: 'off', LEASE_MS: '60000' };
    const server = await spawnServer(serverEnvironment(place, settings));
    running.add(server);
    return server;
  };
  const first = await start();
  const tenant = await makeTenant(first.url, upstream);
  const base = `/organizations/${tenant.organizationId}`;
  const model = `${base}/models/${tenant.modelId}`;
  await administer(first.url, 'PATCH', model, { context_window: null });
  const revision = { system_prompt: 'Be helpful.', model_id: tenant.modelId };
  const sampling = { temperature: 0.5, top_p: 0.9, max_tokens: 100 };
  await administer(first.url, 'PUT', `${base}/personas/${tenant.personaId}/next`, {
    ...revision,
    ...sampling,
  });
  await administer(first.url, 'POST', `${base}/personas/${tenant.personaId}/submit`);
  upstream.setDefault(strict(rules, answer('Here.')));
  let session: string | undefined;
  return {
    first,
    start,
    /** Asks a server for the next turn of the one conversation, and gives the calls that it made. */
    async ask({ url }: ChildServer, message = long) {
      const before = upstream.requests.length;
      const response = await fetch(
        `${url}/api/chat/${session === undefined ? 'completion' : 'continuation'}`,
        {
          method: 'POST',
          headers: { 'x-api-key': tenant.prodKey, 'content-type': 'application/json' },
          body: JSON.stringify({ message, ...(session !== undefined && { session_id: session }) }),
        },
      );
      const body = (await response.json()) as { session_id: string };
      assert.equal(response.status, 200, JSON.stringify(body));
      session = body.session_id;
      return upstream.requests.slice(before);
    },
    /** Resolves with what is stored as learnt, once `isWhole` holds. */
    async learnt(isWhole: (learnt: Learnt) => boolean): Promise<Learnt> {
      for (;;) {
        const { learnt } = await administer<{ learnt: Learnt | null }>(first.url, 'GET', model);
        if (learnt !== null && isWhole(learnt)) return learnt;
      }
    },
    async stop(server: ChildServer) {
      server.signal('SIGTERM');
      await server.exited;
      running.delete(server);
    },
  };
}

onBothStores('what was learnt of a model', (engine) => {
  const overflows: readonly [what: string, overflow: Strictness['overflow']][] = [
    ['in the words of the first provider', undefined],
    [
      'without the prompt’s tokens',
      ({ window }) => `the input exceeds the context length of ${window} tokens`,
    ],
    ['without a figure', () => 'Input is too long for requested model.'],
  ];
  for (const [what, overflow] of overflows) {
    test(`a window, told ${what}`, async (t) => {
      const rules = { windowTokens, ...(overflow && { overflow }) };
      const { first, start, ask, learnt, stop } = await prepare(t, engine, rules);
      const second = engine === 'postgres' ? await start() : undefined;
      if (second !== undefined) await ask(second, 'Hello');
      let calls = await ask(first);
      while (calls.length === 1) calls = await ask(first);
      assert.equal(calls.length, 2, 'the provider refused one prompt');
      await learnt(() => true);
      if (second !== undefined) assert.equal((await ask(second)).length, 1, 'on the other replica');
      await stop(first);
      const again = await start();
      for (let turn = 0; turn < 3; turn += 1) {
        const [call, ...more] = await ask(again);
        assert.deepEqual(more, []);
        assert.ok(call !== undefined && countStrictly(call) <= windowTokens);
      }
    });
  }

  test('parameters that it refuses', async (t) => {
    const refused = ['max_tokens', 'temperature'];
    const { first, start, ask, learnt, stop } = await prepare(t, engine, { refused });
    const second = engine === 'postgres' ? await start() : undefined;
    assert.equal((await ask(first, 'Hello')).length, 3);
    await learnt((facts) => refused.every((name) => facts.refused_parameters.includes(name)));
    const isRight = async (server: ChildServer): Promise<void> => {
      const [call, ...more] = await ask(server, 'And?');
      assert.deepEqual(more, []);
      const { max_completion_tokens, temperature, top_p } = call?.body ?? {};
      assert.deepEqual([max_completion_tokens, temperature, top_p], [100, undefined, 0.9]);
    };
    if (second !== undefined) await isRight(second);
    await stop(first);
    await isRight(await start());
  });
});
