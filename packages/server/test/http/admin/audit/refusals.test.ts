/** Who is refused is in the audit trail: counted, bounded, and without what was sent. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { operatorKey, startAdminApp } from '../admin-app.ts';

interface Entry {
  readonly at: string;
  readonly organization_id: string | null;
  readonly actor: { kind: string; id: string | null; name: string | null; address: string | null };
  readonly action: string;
  readonly subject: { kind: string; id: string | null };
  readonly after: { reason: string; route?: string };
  readonly count: number | null;
}

const minuteMs = 60_000;

onBothStores('refusals', async (engine) => {
  const app = await startAdminApp(engine, { trustedProxies: ['10.1.0.0/16', '::1/128'] });
  after(() => app[Symbol.asyncDispose]());

  /** Puts the clock on by a minute, and to the beginning of the next one. */
  function beginMinute(): void {
    app.skew += 2 * minuteMs - ((Date.now() + app.skew) % minuteMs);
  }

  /** The refusals of the minutes before now; null: of no organization that is known. */
  async function refused(organizationId: string | null): Promise<Entry[]> {
    beginMinute();
    const path = organizationId === null ? '/audit' : `/organizations/${organizationId}/audit`;
    const { body } = await app.call('GET', `${path}?limit=1000`);
    return body.data.filter(
      (entry: Entry) => entry.count !== null && entry.organization_id === organizationId,
    );
  }

  const asks = (key: string, remoteAddress = '203.0.113.7', headers = {}) =>
    app.inject({
      method: 'GET',
      url: '/chats',
      headers: { authorization: `Bearer ${key}`, ...headers },
      remoteAddress,
    });

  test('a revoked, expired or replaced key, a removed member and a 403 are told with whose they are', async () => {
    const id = await app.organization();
    const path = `/organizations/${id}`;
    const [revoked, replaced] = [await app.key(id, 'prod', { name: 'Old' }), await app.key(id, 'test')];
    const expired = await app.key(id, 'prod', {
      expires_at: new Date(Date.now() + app.skew + 1000).toISOString(),
    });
    await app.call('DELETE', `${path}/keys/${revoked.id}`);
    await app.call('POST', `${path}/keys/${replaced.id}/rotate`, { overlap_seconds: 30 });
    const member = (role: string) =>
      app.call('POST', `${path}/members`, { name: role, email: `${role}@example.com`, role });
    const [removed, guest] = [(await member('owner')).body, (await member('guest')).body];
    const tokenOf = async (one: { id: string }): Promise<string> =>
      (await app.call('POST', `${path}/members/${one.id}/token`)).body.token;
    const [removedToken, guestToken] = [await tokenOf(removed), await tokenOf(guest)];
    await app.call('DELETE', `${path}/members/${removed.id}`);
    beginMinute();
    for (let n = 0; n < 3; n += 1) assert.equal((await asks(revoked.key)).status, 401);
    assert.equal((await asks(revoked.key, '2001:db8::1')).status, 401);
    assert.equal((await asks(expired.key)).status, 401);
    assert.equal((await asks(replaced.key)).status, 401);
    assert.equal((await app.call('GET', `${path}/keys`, undefined, removedToken)).status, 401);
    assert.equal((await app.call('GET', `${path}/keys`, undefined, guestToken)).status, 403);
    assert.equal(
      (await app.call('POST', `${path}/keys`, { name: 'x', type: 'prod' }, guestToken)).status,
      403,
    );
    const entries = (await refused(id)).map(({ action, actor, subject, after: { reason }, count }) => [
      action,
      actor.kind,
      actor.id,
      actor.name,
      actor.address,
      subject.id,
      reason,
      count,
    ]);
    const known = (
      action: string,
      key: { id: string },
      name: string,
      address: string,
      reason: string,
      count: number,
    ) => [action, 'key', key.id, name, address, key.id, reason, count];
    const administration =
      'administration takes an admin key (sk_admin_…), or the token of an owner or admin';
    assert.deepEqual(
      entries.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
      [
        known('credential.refused', revoked, 'Old', '203.0.113.7', 'the API key was revoked', 3),
        known('credential.refused', revoked, 'Old', '2001:db8::1', 'the API key was revoked', 1),
        known('credential.refused', expired, 'a prod key', '203.0.113.7', 'the API key has expired', 1),
        known(
          'credential.refused',
          replaced,
          'a test key',
          '203.0.113.7',
          'this secret of the API key was replaced by another one',
          1,
        ),
        [
          'credential.refused',
          'member',
          removed.id,
          null,
          '127.0.0.1',
          null,
          'the member of this token was removed',
          1,
        ],
        ['access.refused', 'member', guest.id, 'guest', '127.0.0.1', null, administration, 2],
      ].toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
    );
  });

  test('an end user is nobody in particular, and who has no credential is not noted', async () => {
    const { organizationId } = app.harness.scope;
    const { key, id } = await app.key(organizationId, 'prod', {
      default_persona_id: app.harness.persona.personaId,
    });
    const headers = { 'x-api-key': key };
    const payload = { user_id: 'geheim-4711' };
    const { token } = (await app.inject({ method: 'POST', url: '/api/chat/get_token', headers, payload }))
      .body;
    assert.equal((await app.call('GET', '/organizations', undefined, token)).status, 403);
    assert.equal((await app.call('GET', '/organizations', undefined, null)).status, 401);
    const entries = await refused(organizationId);
    assert.deepEqual(
      entries.map(({ action, actor, subject, count }) => [action, actor.kind, actor.id, subject.id, count]),
      [['access.refused', 'end-user', null, id, 1]],
    );
    const users = await app.store.reads.selectFrom('end_user').select('id').execute();
    const rows = JSON.stringify(await app.store.reads.selectFrom('audit').selectAll().execute());
    for (const trace of ['geheim', ...users.map((user) => user.id)]) assert.ok(!rows.includes(trace), trace);
    assert.deepEqual(await refused(null), []);
  });

  test('strangers fill no disk: few rows a minute, and one for all others', async () => {
    const count = async () => {
      const { n } = await app.store.reads
        .selectFrom('audit')
        .select((eb) => eb.fn.countAll().as('n'))
        .executeTakeFirstOrThrow();
      return Number(n);
    };
    await refused(null);
    const before = await count();
    const secrets: string[] = [];
    for (let n = 0; n < 300; n += 1) {
      const secret = `sk_prod_guess-${n}-0123456789`;
      secrets.push(secret);
      assert.equal(
        (await asks(n % 2 === 0 ? secret : `not.a.token-${n}`, `198.51.100.${n % 250}`)).status,
        401,
      );
    }
    const entries = await refused(null);
    assert.equal(entries.length, 5);
    assert.equal(
      entries.reduce((sum, entry) => sum + (entry.count ?? 0), 0),
      300,
    );
    assert.equal(entries.filter(({ after }) => after.reason === 'others').length, 1);
    assert.ok(entries.every(({ actor }) => actor.kind === 'stranger' && actor.id === null));
    assert.equal((await count()) - before, 5);
    const whole = JSON.stringify(await app.store.reads.selectFrom('audit').selectAll().execute());
    assert.ok(!secrets.some((secret) => whole.includes(secret)));
    // Another minute is counted anew, also after a clock that went back.
    await asks('sk_prod_guess');
    app.skew -= 10 * minuteMs;
    await asks('sk_prod_guess');
    assert.equal((await refused(null)).length, 7);
    assert.equal(
      (await app.call('GET', '/audit?action=credential.refused&actor=stranger')).body.data.length >= 7,
      true,
    );
  });

  test('the address is the connection’s, or what a trusted proxy says', async () => {
    const addressOf = async (remoteAddress: string, headers: Record<string, string>) => {
      const id = await app.organization();
      const created = await app.inject({
        method: 'POST',
        url: `/api/admin/organizations/${id}/keys`,
        headers: { authorization: `Bearer ${operatorKey}`, ...headers },
        payload: { name: 'K', type: 'prod' },
        remoteAddress,
      });
      assert.equal(created.status, 201);
      const { body } = await app.call('GET', `/organizations/${id}/audit?action=key.create`);
      return body.data[0].actor.address;
    };
    const forwarded = (value: string) => ({ 'x-forwarded-for': value });
    const cases: [remote: string, headers: Record<string, string>, address: string][] = [
      ['203.0.113.7', {}, '203.0.113.7'],
      ['203.0.113.7', forwarded('192.0.2.1'), '203.0.113.7'],
      ['10.1.2.3', forwarded('192.0.2.1'), '192.0.2.1'],
      ['::1', forwarded('2001:db8::5'), '2001:db8::5'],
      ['::ffff:10.1.2.3', forwarded('192.0.2.1'), '192.0.2.1'],
      ['::ffff:203.0.113.7', {}, '203.0.113.7'],
      // What stands before the first proxy that is not trusted was written by the client.
      ['10.1.2.3', forwarded('1.2.3.4, 192.0.2.1'), '192.0.2.1'],
      ['10.1.2.3', forwarded('1.2.3.4, 192.0.2.1, 10.1.9.9'), '192.0.2.1'],
      ['10.1.2.3', forwarded('1.2.3.4, 10.2.0.1'), '10.2.0.1'],
      ['10.2.0.1', forwarded('1.2.3.4'), '10.2.0.1'],
      ['10.1.2.3', {}, '10.1.2.3'],
      ['10.1.2.3', forwarded('192.0.2.1:443'), '192.0.2.1'],
      ['10.1.2.3', forwarded('[2001:db8::1]:443'), '2001:db8::1'],
    ];
    for (const [remote, headers, address] of cases) {
      assert.equal(await addressOf(remote, headers), address, `${remote} ${JSON.stringify(headers)}`);
    }
    // What is no address is not kept as one.
    for (const written of ['unknown', '<script>', '_hidden', '192.0.2.1:', 'a:443', '999.0.2.1', ' ']) {
      const address = await addressOf('10.1.2.3', forwarded(written));
      assert.equal(address, '10.1.2.3', written);
    }
  });
});
