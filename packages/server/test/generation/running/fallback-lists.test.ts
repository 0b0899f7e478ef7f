/** Which models are tried, of circles, of older versions whose fallbacks have changed, and of two lists that overlap. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestServer } from 'colloquy-testkit/server';
import { administer } from 'colloquy-testkit/tenants';
import { answer, refuse, type Script } from 'colloquy-testkit/upstream/scripted-upstream';

const options = { timeout: 120_000 };

interface Generation {
  readonly status: string;
  readonly model: { readonly id: string; readonly name: string };
  readonly requested_model_id: string;
  readonly error: { readonly code: string } | null;
}

onBothStores('lists of fallbacks', async (engine) => {
  const server = await startTestServer(engine, { environment: { MODEL_MAX_RETRIES: '0' } });
  after(() => server[Symbol.asyncDispose]());
  const { url, upstream } = server;

  /** An organization with these models, and a persona and a key. */
  async function tenant(names: readonly string[]) {
    const { id: organizationId } = await administer<{ id: string }>(url, 'POST', '/organizations', {
      name: 'lists',
    });
    const base = `/organizations/${organizationId}`;
    const ids: Record<string, string> = {};
    for (const name of names) {
      // Each has a provider of its own for the breakers, as it has an address of its own.
      const settings = { name, provider: 'openai-compatible', model: name, context_window: 8000 };
      const body = {
        ...settings,
        base_url: `${upstream.url}/${organizationId}-${name}/v1`,
        prices: { input: 1, output: 2 },
      };
      ids[name] = (await administer<{ id: string }>(url, 'POST', `${base}/models`, body)).id;
    }
    const idOf = (name: string): string => ids[name] ?? assert.fail(name);
    const persona = await administer<{ id: number }>(url, 'POST', `${base}/personas`, {
      name: 'P',
      alias: 'answers',
    });
    const { key } = await administer<{ key: string }>(url, 'POST', `${base}/keys`, {
      name: 'k',
      type: 'prod',
      default_persona_id: persona.id,
    });
    return {
      base,
      idOf,
      set: (name: string, changes: { fallbacks?: readonly string[]; is_active?: boolean }) =>
        administer(url, 'PATCH', `${base}/models/${idOf(name)}`, {
          ...changes,
          ...(changes.fallbacks && { fallbacks: changes.fallbacks.map(idOf) }),
        }),
      remove: (name: string) => administer(url, 'DELETE', `${base}/models/${idOf(name)}`),
      async submit(first: string, fallbacks: readonly string[]) {
        const revision = { system_prompt: 'Be.', model_id: idOf(first), fallbacks: fallbacks.map(idOf) };
        await administer(url, 'PUT', `${base}/personas/${persona.id}/next`, revision);
        await administer(url, 'POST', `${base}/personas/${persona.id}/submit`);
      },
      /** Asks, and tells which models were called, in order, and what was left of it. */
      async ask(scripts: Readonly<Record<string, Script>>, session?: string) {
        for (const name of names) upstream.script(name, scripts[name] ?? refuse(500));
        const before = upstream.requests.length;
        const response = await fetch(
          `${url}/api/chat/${session === undefined ? 'completion' : 'continuation'}`,
          {
            method: 'POST',
            headers: { 'x-api-key': key, 'content-type': 'application/json' },
            body: JSON.stringify({ message: 'Hi', ...(session !== undefined && { session_id: session }) }),
          },
        );
        const body = (await response.json()) as { session_id: string; code?: string };
        const { data } = await administer<{ data: Generation[] }>(url, 'GET', `${base}/generations?limit=1`);
        return {
          status: response.status,
          body,
          asked: upstream.requests.slice(before).map(({ model }) => model),
          newest: data[0],
        };
      },
      async purposes(): Promise<readonly (readonly [string, string])[]> {
        const rows = await server.server.store.reads
          .selectFrom('model_call')
          .innerJoin('model', 'model.id', 'model_call.model_id')
          .select(['model.name', 'model_call.purpose'])
          .where('model.organization_id', '=', organizationId)
          .orderBy('model_call.id')
          .execute();
        return rows.map(({ name, purpose }) => [name, purpose] as const);
      },
    };
  }

  test('two models that stand in for each other are asked once each', options, async () => {
    const t = await tenant(['a', 'b']);
    await t.set('a', { fallbacks: ['b'] });
    await t.set('b', { fallbacks: ['a'] });
    await t.submit('a', []);
    const failed = await t.ask({});
    assert.equal(failed.status, 502);
    assert.deepEqual(failed.asked, ['a', 'b']);
    assert.deepEqual(
      [failed.newest?.status, failed.newest?.model.id, failed.newest?.requested_model_id],
      ['failed', t.idOf('b'), t.idOf('a')],
    );
    assert.deepEqual(await t.purposes(), [
      ['a', 'answer'],
      ['b', 'fallback'],
    ]);
    const rescued = await t.ask({ b: answer('Here') });
    assert.equal(rescued.status, 200);
    assert.deepEqual(rescued.asked, ['a', 'b']);
    await t.set('a', { is_active: false });
    const alone = await t.ask({});
    assert.deepEqual([alone.status, alone.asked], [502, ['b']]);
    assert.deepEqual([alone.newest?.model.id, alone.newest?.requested_model_id], [t.idOf('b'), t.idOf('a')]);
    await t.set('b', { is_active: false });
    const none = await t.ask({ a: answer('No'), b: answer('No') });
    assert.deepEqual([none.status, none.body.code, none.asked], [409, 'model_unavailable', []]);
  });

  test('an older version goes on with what is left of its list', options, async () => {
    const t = await tenant(['first', 'disabled', 'deleted', 'left', 'other']);
    await t.submit('first', ['disabled', 'deleted', 'left']);
    const begun = await t.ask({ first: answer('One') });
    const session = begun.body.session_id;
    await t.submit('other', []);
    await t.set('disabled', { is_active: false });
    await t.remove('deleted');
    const scripts = {
      left: answer('Two'),
      disabled: answer('No'),
      deleted: answer('No'),
      other: answer('No'),
    };
    const moved = await t.ask(scripts, session);
    assert.deepEqual([moved.status, moved.asked], [200, ['first', 'left']]);
    assert.deepEqual(
      [moved.newest?.model.id, moved.newest?.requested_model_id],
      [t.idOf('left'), t.idOf('first')],
    );
    await t.remove('first');
    const gone = await t.ask(scripts, session);
    assert.deepEqual([gone.status, gone.asked], [200, ['left']]);
    assert.deepEqual(
      [gone.newest?.model.id, gone.newest?.requested_model_id],
      [t.idOf('left'), t.idOf('first')],
    );
    await t.remove('left');
    const none = await t.ask(scripts, session);
    assert.deepEqual([none.status, none.body.code, none.asked], [409, 'model_unavailable', []]);
    const fresh = await t.ask(scripts);
    assert.deepEqual(
      [fresh.status, fresh.asked],
      [200, ['other']],
      'new conversations are the new version’s',
    );
  });

  test('the version’s list comes before the model’s, five at most and none twice', options, async () => {
    const t = await tenant(['first', 'v1', 'v2', 'v3', 'm1', 'm2', 'm3', 'm4']);
    await t.set('first', { fallbacks: ['m1', 'v2', 'm2', 'm3', 'm4'] });
    await t.set('v1', { fallbacks: ['m4'] });
    await t.submit('first', ['v1', 'v2', 'v3']);
    const failed = await t.ask({});
    assert.deepEqual(failed.asked, ['first', 'v1', 'v2', 'v3', 'm1', 'm2']);
    assert.deepEqual(
      [failed.newest?.status, failed.newest?.error?.code, failed.newest?.model.id],
      ['failed', 'provider_error', t.idOf('m2')],
    );
    assert.deepEqual(
      (await t.purposes()).map(([, purpose]) => purpose),
      ['answer', 'fallback', 'fallback', 'fallback', 'fallback', 'fallback'],
    );
    await t.set('v1', { is_active: false });
    const counted = await t.ask({});
    assert.deepEqual(
      counted.asked,
      ['first', 'v2', 'v3', 'm1', 'm2'],
      'one that is disabled counts as one that fails',
    );
  });
});
