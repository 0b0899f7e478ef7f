/** The audit trail: every change of an administrator is in it, as it was, with who, whence and when. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import type { AdminStore } from '../../../../src/http/admin/changes.ts';
import { operatorKey, startAdminApp } from '../admin-app.ts';

interface Entry {
  readonly id: string;
  readonly at: string;
  readonly organization_id: string | null;
  readonly actor: { kind: string; id: string | null; name: string | null; address: string | null };
  readonly action: string;
  readonly subject: { kind: string; id: string | null };
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
  readonly request_id: string | null;
}

/** It never runs: it says to the type checker what must not compile. */
export function mustNotCompile(store: AdminStore, request: Parameters<AdminStore['change']>[0]): void {
  // @ts-expect-error A command without a place in the audit trail is no change of the administration.
  void store.change(request, 'createConversation', {});
  // @ts-expect-error There is no way to write beside it.
  void store.execute;
}

onBothStores('audit', async (engine) => {
  const app = await startAdminApp(engine);
  after(() => app[Symbol.asyncDispose]());

  async function trail(organizationId: string, query = '', key = operatorKey): Promise<Entry[]> {
    const { status, body } = await app.call(
      'GET',
      `/organizations/${organizationId}/audit?limit=1000${query}`,
      undefined,
      key,
    );
    assert.equal(status, 200, JSON.stringify(body));
    return body.data;
  }

  async function ok(answer: ReturnType<typeof app.call>) {
    const { status, body } = await answer;
    assert.ok(status < 300, `${status} ${JSON.stringify(body)}`);
    return body;
  }

  test('each change has its entry, with what differs and no secret', async () => {
    const id = await app.organization('Acme');
    const path = `/organizations/${id}`;
    const admin = await app.key(id, 'admin', { name: 'Root' });
    const as = (method: 'POST' | 'PATCH' | 'PUT' | 'DELETE' | 'GET', rest: string, body?: unknown) =>
      ok(app.call(method, path + rest, body, admin.key));
    const secrets = ['sk-provider-0123456789', 'sk-provider-another-one', 'header-secret', 'body-secret'];
    const model = await as('POST', '/models', {
      name: 'M',
      provider: 'openai',
      model: 'gpt-x',
      api_key: secrets[0],
      headers: { 'X-Team': secrets[2] },
      extra_body: { token: secrets[3] },
    });
    await as('PATCH', `/models/${model.id}`, { name: 'N', api_key: secrets[1] });
    await as('POST', `/models/${model.id}/test`);
    await as('PATCH', '', { name: 'Acme Ltd' });
    await as('PATCH', '/settings', { titles: 'off', limits: { tokens_per_day: 5 } });
    await as('PATCH', '/settings', { titles: 'off' });
    const persona = await as('POST', '/personas', { name: 'P', alias: 'brief' });
    await as('PUT', `/personas/${persona.id}/next`, { system_prompt: 'Be brief.', model_id: model.id });
    await as('POST', `/personas/${persona.id}/submit`);
    await as('PUT', `/personas/${persona.id}/next`, { system_prompt: 'Be briefer.', model_id: model.id });
    await as('POST', `/personas/${persona.id}/submit`);
    await as('POST', `/personas/${persona.id}/rollback`, { version: 1 });
    await as('PATCH', `/personas/${persona.id}`, { description: 'short' });
    const key = await as('POST', '/keys', { name: 'Website', type: 'prod', default_persona_id: persona.id });
    await as('PATCH', `/keys/${key.id}`, { name: 'Shop', default_persona_id: null });
    const rotated = await as('POST', `/keys/${key.id}/rotate`);
    await as('DELETE', `/keys/${key.id}`);
    const member = await as('POST', '/members', { name: 'Ada', email: 'Ada@example.com', role: 'admin' });
    await as('PATCH', `/members/${member.id}`, { role: 'owner' });
    const { token } = await as('POST', `/members/${member.id}/token`);
    await ok(app.call('PATCH', path, { name: 'Acme' }, token));
    await ok(app.call('DELETE', `${path}/members/${member.id}`, undefined, token));
    await as('DELETE', `/personas/${persona.id}`);
    await as('DELETE', `/models/${model.id}`);

    const entries = (await trail(id)).toReversed();
    const prefix = (text: string) => text.slice(0, key.prefix.length);
    const said = entries.map(({ action, subject, before, after }) => [
      action,
      subject.kind,
      subject.id,
      before,
      after,
    ]);
    const m = ['model', model.id];
    const p = ['persona', String(persona.id)];
    const k = ['key', key.id];
    const revoked = entries.find(({ action }) => action === 'key.revoke')?.after?.revoked_at;
    assert.match(String(revoked), /^\d{4}-\d\d-\d\dT/);
    assert.deepEqual(
      said
        .slice(2)
        .filter(([action]) => !['model.create', 'model.delete', 'member.token'].includes(String(action))),
      [
        [
          'model.update',
          ...m,
          { name: 'M', api_key_encrypted: 'set' },
          { name: 'N', api_key_encrypted: 'replaced' },
        ],
        ['model.test', ...m, null, { ok: true }],
        ['organization.update', 'organization', id, { name: 'Acme' }, { name: 'Acme Ltd' }],
        [
          'settings.update',
          'settings',
          id,
          { titles: null, limits: {} },
          { titles: 'off', limits: { tokens_per_day: 5 } },
        ],
        ['persona.create', ...p, null, { name: 'P', alias: 'brief' }],
        ['persona.draft', ...p, { next_version: null }, { next_version: 1 }],
        [
          'persona.submit',
          ...p,
          { active_version: null, next_version: 1 },
          { active_version: 1, next_version: null },
        ],
        ['persona.draft', ...p, { next_version: null }, { next_version: 2 }],
        [
          'persona.submit',
          ...p,
          { active_version: 1, next_version: 2 },
          { active_version: 2, next_version: null },
        ],
        ['persona.rollback', ...p, { active_version: 2 }, { active_version: 1 }],
        ['persona.update', ...p, { description: null }, { description: 'short' }],
        [
          'key.create',
          ...k,
          null,
          {
            name: 'Website',
            type: 'prod',
            prefix: key.prefix,
            default_persona_id: persona.id,
            limits: {},
            end_user_limits: {},
          },
        ],
        [
          'key.update',
          ...k,
          { name: 'Website', default_persona_id: persona.id },
          { name: 'Shop', default_persona_id: null },
        ],
        ['key.rotate', ...k, { prefix: key.prefix }, { prefix: prefix(rotated.key) }],
        ['key.revoke', ...k, { revoked_at: null }, { revoked_at: revoked }],
        [
          'member.create',
          'member',
          member.id,
          null,
          { name: 'Ada', email: 'ada@example.com', role: 'admin' },
        ],
        ['member.update', 'member', member.id, { role: 'admin' }, { role: 'owner' }],
        ['organization.update', 'organization', id, { name: 'Acme Ltd' }, { name: 'Acme' }],
        [
          'member.delete',
          'member',
          member.id,
          { name: 'Ada', email: 'ada@example.com', role: 'owner' },
          null,
        ],
        [
          'persona.delete',
          ...p,
          { name: 'P', alias: 'brief', description: 'short', active_version: 1 },
          null,
        ],
      ].map((entry) => entry),
    );
    assert.deepEqual(said.slice(0, 2), [
      ['organization.create', 'organization', id, null, { name: 'Acme' }],
      [
        'key.create',
        'key',
        admin.id,
        null,
        {
          name: 'Root',
          type: 'admin',
          prefix: admin.key.slice(0, key.prefix.length + 1),
          limits: {},
          end_user_limits: {},
        },
      ],
    ]);
    const made = entries.find(({ action }) => action === 'model.create');
    assert.deepEqual(
      [made?.after?.api_key_encrypted, made?.after?.headers, made?.after?.extra_body],
      ['set', ['X-Team'], ['token']],
    );
    const whole = JSON.stringify(entries);
    for (const secret of [...secrets, admin.key, key.key, rotated.key, token, 'Be brief']) {
      assert.ok(!whole.includes(secret), secret);
    }
    const actors = new Set(
      entries.map(({ actor: { kind, id, name, address } }) => JSON.stringify([kind, id, name, address])),
    );
    assert.deepEqual(
      [...actors],
      [
        JSON.stringify(['operator', null, null, '127.0.0.1']),
        JSON.stringify(['key', admin.id, 'Root', '127.0.0.1']),
        JSON.stringify(['member', member.id, 'Ada', '127.0.0.1']),
      ],
    );
    assert.ok(
      entries.every(({ request_id, organization_id }) => request_id !== null && organization_id === id),
    );
  });

  test('what is refused, changes nothing or is a retry leaves no entry', async () => {
    const id = await app.organization();
    const path = `/organizations/${id}`;
    const member = await ok(
      app.call('POST', `${path}/members`, { name: 'A', email: 'a@example.com', role: 'member' }),
    );
    await ok(app.call('POST', `${path}/members`, { name: 'B', email: 'b@example.com', role: 'member' }));
    const before = (await trail(id)).length;
    assert.equal(
      (await app.call('PATCH', `${path}/members/${member.id}`, { email: 'b@example.com' })).status,
      409,
    );
    assert.equal(
      (await app.call('POST', `${path}/members`, { name: 'C', email: 'b@example.com', role: 'guest' }))
        .status,
      409,
    );
    assert.equal((await app.call('DELETE', `${path}/keys/019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01`)).status, 404);
    assert.equal((await app.call('PATCH', `${path}/members/${member.id}`, { name: 'A' })).status, 200);
    const create = () =>
      app.inject({
        method: 'POST',
        url: `/api/admin${path}/keys`,
        headers: { authorization: `Bearer ${operatorKey}`, 'idempotency-key': 'once' },
        payload: { name: 'K', type: 'prod' },
      });
    assert.equal((await create()).body.id, (await create()).body.id);
    const entries = await trail(id);
    assert.deepEqual([entries.length - before, entries[0]?.action], [1, 'key.create']);
  });

  test('filters, pages, and whose trail it is', async () => {
    const [one, other] = [await app.organization('One'), await app.organization('Other')];
    const admin = await app.key(one, 'admin');
    for (const name of ['a', 'b', 'c']) {
      await ok(app.call('POST', `/organizations/${one}/keys`, { name, type: 'test' }, admin.key));
    }
    await app.key(other, 'prod');
    const actions = async (query: string) => (await trail(one, query)).map(({ action }) => action);
    assert.deepEqual(await actions('&actor=operator'), ['key.create', 'organization.create']);
    assert.deepEqual(await actions(`&actor=${admin.id}`), ['key.create', 'key.create', 'key.create']);
    assert.deepEqual(await actions('&action=organization.create'), ['organization.create']);
    assert.deepEqual(await actions('&actor=nobody'), []);
    const all = await trail(one);
    const [newest] = all;
    assert.equal(
      (await trail(one, `&from=${newest?.at}`)).some(({ id }) => id === newest?.id),
      true,
    );
    assert.equal(
      (await trail(one, `&to=${newest?.at}`)).some(({ id }) => id === newest?.id),
      false,
    );
    assert.equal(
      (await app.call('GET', `/organizations/${one}/audit?from=${newest?.at}&to=${newest?.at}`)).status,
      400,
    );
    assert.equal((await app.call('GET', `/organizations/${one}/audit?action=key.make`)).body.field, 'action');
    const paged: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await app.call(
        'GET',
        `/organizations/${one}/audit?limit=2${cursor}`,
        undefined,
        admin.key,
      );
      paged.push(...body.data.map(({ id }: Entry) => id));
      if (body.next_cursor === null) break;
      cursor = `&cursor=${body.next_cursor}`;
    }
    assert.deepEqual(
      paged,
      all.map(({ id }) => id),
    );
    assert.ok(all.every(({ organization_id }) => organization_id === one));
    assert.equal((await app.call('GET', `/organizations/${other}/audit`, undefined, admin.key)).status, 404);
    assert.equal((await app.call('GET', '/audit', undefined, admin.key)).status, 403);
    const whole: Entry[] = (await app.call('GET', '/audit?limit=1000')).body.data;
    assert.ok([one, other].every((id) => whole.some(({ organization_id }) => organization_id === id)));
  });

  test('nobody changes or deletes an entry, but a deleted organization takes its own along', async () => {
    const id = await app.organization('Doomed');
    await app.key(id, 'prod', { name: 'Doomed key' });
    assert.equal((await trail(id)).length, 2);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      assert.equal((await app.call(method, `/organizations/${id}/audit`)).status, 405);
    }
    await ok(app.call('DELETE', `/organizations/${id}`));
    const left: Entry[] = (await app.call('GET', '/audit?limit=1000')).body.data;
    const about = left.filter((entry) => JSON.stringify(entry).includes(id));
    assert.deepEqual(
      about.map(({ action, organization_id, actor }) => [action, organization_id, actor.kind]),
      [['organization.delete', null, 'operator']],
    );
    assert.equal(about[0]?.after?.keys, 1);
    assert.ok(!JSON.stringify(left).includes('Doomed'));
    assert.deepEqual(await app.store.reads.selectFrom('deleted_organization').selectAll().execute(), []);
  });

  test('an answer that is cancelled, a look at a provider, and a second cancel that does nothing', async () => {
    const { organizationId } = app.harness.scope;
    const path = `/organizations/${organizationId}`;
    const { harness } = app;
    harness.upstream.enqueue({ steps: [{ do: 'tokens', tokens: ['so '] }, { do: 'stall' }] });
    const { generationId } = await app.engine.accept(harness.turn({}));
    await harness.upstream.request(0);
    const before = (await trail(organizationId)).length;
    assert.equal(
      (await ok(app.call('POST', `${path}/generations/${generationId}/cancel`))).status,
      'cancelled',
    );
    await ok(app.call('POST', `${path}/generations/${generationId}/cancel`));
    const look = {
      provider: 'openai-compatible',
      base_url: 'http://provider.example/v1',
      api_key: 'sk-secret-of-a-look',
    };
    await ok(app.call('POST', `${path}/models/discover`, look));
    const entries = await trail(organizationId);
    assert.equal(entries.length - before, 2);
    assert.deepEqual(
      entries.slice(0, 2).map(({ action, subject, after }) => [action, subject, after]),
      [
        ['model.discover', { kind: 'model', id: null }, { provider: look.provider, base_url: look.base_url }],
        ['generation.cancel', { kind: 'generation', id: generationId }, {}],
      ],
    );
    assert.ok(!JSON.stringify(entries).includes(look.api_key));
  });

  test('what becomes of end users is in it, but not who they were', async () => {
    const { organizationId } = app.harness.scope;
    const path = `/organizations/${organizationId}`;
    const { key } = await app.key(organizationId, 'prod', {
      default_persona_id: app.harness.persona.personaId,
    });
    const tokenOf = async (userId: string): Promise<string> =>
      (
        await app.inject({
          method: 'POST',
          url: '/api/chat/get_token',
          headers: { 'x-api-key': key },
          payload: { user_id: userId },
        })
      ).body.token;
    await tokenOf('geheim-4711');
    const own = await tokenOf('geheim-0815');
    const ids = (await app.store.reads.selectFrom('end_user').select('id').execute()).map((row) => row.id);
    assert.equal((await app.call('GET', `${path}/users/geheim-4711/export`)).status, 200);
    await ok(app.call('DELETE', `${path}/users/geheim-4711`));
    const erased = await app.inject({
      method: 'DELETE',
      url: '/api/chat/me',
      headers: { authorization: `Bearer ${own}` },
    });
    assert.equal(erased.status, 200);
    const entries = await trail(organizationId);
    assert.deepEqual(
      entries
        .slice(0, 3)
        .map(({ action, actor, subject, after }) => [action, actor.kind, actor.id, subject, after?.endUsers]),
      [
        ['user.erase', 'end-user', null, { kind: 'user', id: null }, 1],
        ['user.erase', 'operator', null, { kind: 'user', id: null }, 1],
        ['user.export', 'operator', null, { kind: 'user', id: null }, undefined],
      ],
    );
    const whole = JSON.stringify(await app.store.reads.selectFrom('audit').selectAll().execute());
    for (const trace of ['geheim', ...ids]) assert.ok(!whole.includes(trace), trace);
  });
});
