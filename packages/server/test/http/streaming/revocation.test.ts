/**
 * Whose credential is taken away loses the connections that are open, with an error frame that is no event of the log, and
 * what runs and waits under it is cancelled. Nobody else's is touched.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import type { SecretRotation } from '../../../src/auth/secrets/rotation.ts';
import { type Dialect, dialects } from '../../../src/domain/generation.ts';
import { type Chats, chatsOf } from '../dialects/chats/chats-app.ts';
import { type Call, generationOf, type SseReading, startTestApp, type TestApp } from '../http-app.ts';

/** The frames that a stream of `Half` ends with where the credential was revoked. They have no ids. */
const refusals: Readonly<Record<Dialect, readonly RegExp[]>> = {
  chat: [/^data: \{"type":"error","code":"unauthenticated","message":".+"\}$/],
  conversation: [/^event: error\ndata: \{"type":"error","code":"unauthenticated","message":".+"\}$/],
  chats: [/^event: error\ndata: \{"code":"unauthenticated","message":".+"\}$/],
  responses: [
    /^event: response\.output_text\.done\ndata: .+"text":"Half"/,
    /^event: response\.content_part\.done\n/,
    /^event: response\.output_item\.done\ndata: .+"status":"incomplete"/,
    /^event: error\ndata: .+"code":"invalid_api_key"/,
    /^event: response\.failed\ndata: .+"status":"failed"/,
    /^data: \[DONE\]$/,
  ],
  completions: [
    /^data: \{"error":\{.*"type":"authentication_error".*"code":"invalid_api_key"\}\}$/,
    /^data: \[DONE\]$/,
  ],
  ui: [/^data: \{"type":"error","errorText":"the credential .+"\}$/, /^data: \[DONE\]$/],
};

/** What a stream tells of an answer that was cancelled. */
const cancellations: Readonly<Record<Dialect, RegExp>> = {
  chat: /"type":"done".*"finish_reason":"cancelled"/,
  conversation: /"type":"end","finish_reason":"cancelled"/,
  chats: /^event: done\n.*"finish_reason":"cancelled"/m,
  responses: /^event: response\.incomplete\n.*"status":"cancelled"/m,
  completions: /"finish_reason":"length"/,
  ui: /"type":"abort","reason":"cancelled"/,
};

/** An end that the log tells, in any dialect. */
const loggedEnd =
  /"type":"(done|end|error|finish|abort)"|^event: (done|end|error|response\.(completed|incomplete|failed))$|"finish_reason":"|\[DONE\]/m;

onBothStores('revocation', (engine) => {
  let app: TestApp;
  let chats: Chats;
  let base: string;
  /** Milliseconds that the server's clock is ahead. */
  let skew = 0;
  before(async () => {
    app = await startTestApp(engine, { now: () => Date.now() + skew });
    chats = chatsOf(app);
    base = `/organizations/${app.harness.scope.organizationId}`;
  });
  after(() => app[Symbol.asyncDispose]());

  const newKey = (more: object = {}) =>
    app.key('prod', { default_persona_id: app.harness.persona.personaId, ...more });
  const tokenOf = async (key: string, user_id: string): Promise<string> =>
    (await app.call('/api/chat/get_token', { key, body: { user_id } })).body.token;
  const stallNext = (): void =>
    app.harness.upstream.enqueue({
      steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half'] }, { do: 'stall' }],
    });

  /** Begins an answer that never ends by itself, and reads until its first piece. */
  async function begin(call: Call): Promise<SseReading> {
    stallNext();
    const reading = await app.stream('/api/chat/completion/stream', { ...call, body: { message: 'Go on' } });
    await reading.until((one) => one.raw().includes('Half'));
    return reading;
  }

  async function watch(generation: string, dialect: Dialect, call: Call): Promise<SseReading> {
    const reading = await app.stream(`/api/generations/${generation}/stream?dialect=${dialect}`, call);
    await reading.until((one) => one.raw().includes('Half'));
    return reading;
  }

  const statusOf = async (generation: string): Promise<string> =>
    (await app.call(`/api/generations/${generation}`, { key: app.prodKey })).body.status;

  /** Resolves once the generation has ended. */
  async function endOf(generation: string): Promise<string> {
    await (await app.stream(`/api/generations/${generation}/stream`, { key: app.prodKey })).ended;
    return statusOf(generation);
  }

  /** The connection has ended with the dialect's error, which has no id, and with no other end. */
  async function endsUnauthenticated(reading: SseReading, dialect: Dialect = 'chat'): Promise<void> {
    await reading.ended;
    const expected = refusals[dialect];
    assert.ok(reading.raw().endsWith('\n\n'));
    const frames = reading.raw().split('\n\n').slice(0, -1);
    const last = frames.splice(-expected.length);
    for (const [index, pattern] of expected.entries()) {
      assert.match(last[index] ?? '', pattern, reading.raw());
      assert.doesNotMatch(last[index] ?? '', /^id:/m);
    }
    assert.ok(frames.length > 0);
    for (const frame of frames) {
      assert.match(frame, /^id: /m);
      assert.doesNotMatch(frame, loggedEnd);
    }
  }

  test('a revoked key: its own connections and its tokens’, in every dialect, running and queued', async () => {
    const { id, key } = await newKey();
    const token = await tokenOf(key, 'ada');
    const own = await begin({ key });
    const ofToken = await begin({ token });
    const kept = await begin({ key: app.prodKey });
    const session = JSON.parse(ofToken.events[0]?.data ?? '').session_id;
    const queued = await app.stream('/api/chat/continuation/stream', {
      token,
      body: { session, message: 'And then?', when_busy: 'queue' },
    });
    await queued.until(({ events }) => events.length >= 2);
    const watching: [SseReading, Dialect][] = [];
    for (const dialect of dialects) {
      for (const call of [{ key }, { token }])
        watching.push([await watch(generationOf(ofToken), dialect, call), dialect]);
      // What another credential has begun goes on without the revoked viewer.
      watching.push([await watch(generationOf(kept), dialect, { key }), dialect]);
    }
    const others: [SseReading, Dialect][] = [];
    for (const dialect of dialects)
      others.push([await watch(generationOf(own), dialect, { key: app.prodKey }), dialect]);

    assert.equal((await app.admin('DELETE', `${base}/keys/${id}`)).status, 204);
    for (const reading of [own, ofToken, queued]) {
      assert.equal(await statusOf(generationOf(reading)), 'cancelled');
      await endsUnauthenticated(reading);
    }
    for (const [reading, dialect] of watching) await endsUnauthenticated(reading, dialect);
    for (const [reading, dialect] of others) {
      await reading.ended;
      assert.doesNotMatch(reading.raw(), /unauthenticated|invalid_api_key|the credential/);
      assert.match(reading.raw(), cancellations[dialect]);
      assert.match(reading.raw().trimEnd().split('\n\n').at(-1) ?? '', /^id: /m);
    }
    assert.equal(await statusOf(generationOf(kept)), 'running');
    await app.call(`/api/generations/${generationOf(kept)}/cancel`, { key: app.prodKey, method: 'POST' });
  });

  test('a call that waits for its answer is refused', async () => {
    const { id, key } = await newKey();
    const body = { message: 'Go on' };
    stallNext();
    const calls = app.harness.upstream.requests.length;
    const waiting = app.call('/api/chat/completion', { key, body });
    while (app.harness.upstream.requests.length === calls) await app.call('/healthz');
    assert.equal((await app.admin('DELETE', `${base}/keys/${id}`)).status, 204);
    const refused = await waiting;
    assert.deepEqual([refused.status, refused.body.code], [401, 'unauthenticated']);
  });

  test('an answer that another replica’s revocation cancels here ends as refused, not as done', async () => {
    const { id, key } = await newKey();
    const streaming = await begin({ key });
    stallNext();
    const calls = app.harness.upstream.requests.length;
    const waiting = app.call('/api/chat/completion', { key, body: { message: 'Go on' } });
    while (app.harness.upstream.requests.length === calls) await app.call('/healthz');
    const { organizationId } = app.harness.scope;
    await app.harness.place.store.execute('revokeApiKey', { organizationId, id, now: Date.now() });
    await app.engine.cancelWhere({ apiKeyId: id });
    await endsUnauthenticated(streaming);
    assert.equal((await waiting).status, 401);
  });

  test('a removed member: what the member has asked for, and nothing of another', async () => {
    const [one, other] = [{ token: await chats.member('admin') }, { token: await chats.member('admin') }];
    const { messageId } = await chats.question('Hi', one);
    stallNext();
    const running = await app.stream(`/conversations/inference/${messageId}`, one);
    await running.until((reading) => reading.raw().includes('Half'));
    const ofOther = await chats.question('Hi', other);
    stallNext();
    const kept = await app.stream(`/conversations/inference/${ofOther.messageId}`, other);
    await kept.until((reading) => reading.raw().includes('Half'));
    const viewing = await watch(generationOf(kept), 'conversation', one);
    const member = (await app.call(`/api/generations/${generationOf(running)}`, other)).body.created_by.id;

    assert.equal((await app.admin('DELETE', `${base}/members/${member}`)).status, 204);
    await endsUnauthenticated(running, 'chats');
    await endsUnauthenticated(viewing, 'conversation');
    assert.equal(await statusOf(generationOf(running)), 'cancelled');
    assert.equal(await statusOf(generationOf(kept)), 'running');
    await app.call(`/api/generations/${generationOf(kept)}/cancel`, { ...other, method: 'POST' });
  });

  test('an erased user: by the own token, by a key, and by an administrator', async () => {
    const erasures: [user: string, erase: (token: string) => Promise<{ status: number }>][] = [
      ['carl', (token) => app.call('/api/chat/me', { token, method: 'DELETE' })],
      ['dora', () => app.call('/api/chat/me?user_id=dora', { key: app.prodKey, method: 'DELETE' })],
      ['emil', () => app.admin('DELETE', `${base}/users/emil`)],
    ];
    const other = await begin({ token: await chats.user('fritz') });
    for (const [user, erase] of erasures) {
      const token = await chats.user(user);
      const running = await begin({ token });
      const second = await watch(generationOf(running), 'chats', { token });
      const administrator = await watch(generationOf(running), 'chat', { key: app.prodKey });
      assert.equal((await erase(token)).status, 200, user);
      await endsUnauthenticated(running);
      await endsUnauthenticated(second, 'chats');
      await administrator.ended;
      assert.match(administrator.raw(), /"finish_reason":"cancelled"/);
      const begun = await app.call('/api/chat/completion', { token, body: { message: 'Again' } });
      assert.equal(begun.status, 401);
      // Somebody with the same name later is another user.
      assert.equal((await app.call('/chats', { token: await chats.user(user) })).body.length, 0);
    }
    assert.equal(await statusOf(generationOf(other)), 'running');
    await app.call(`/api/generations/${generationOf(other)}/cancel`, { key: app.prodKey, method: 'POST' });
  });

  test('while a user is being erased, the user begins nothing and gets no token', async () => {
    const token = await chats.user('greta');
    const { store } = app.harness.place;
    const { organizationId } = app.harness.scope;
    const { id } = await store.reads
      .selectFrom('end_user')
      .select('id')
      .where('external_id', '=', 'greta')
      .executeTakeFirstOrThrow();
    await store.execute('beginErasure', { organizationId, endUserIds: [id], now: Date.now() });
    assert.equal((await app.call('/chats', { token })).status, 401);
    for (const headers of [{}, { 'idempotency-key': 'greta' }]) {
      const asked = await app.call('/api/chat/get_token', {
        key: app.prodKey,
        body: { user_id: 'greta' },
        headers,
      });
      assert.deepEqual([asked.status, asked.body.code], [409, 'conflict']);
    }
    const again = await app.call('/api/chat/me?user_id=greta', { key: app.prodKey, method: 'DELETE' });
    assert.equal(again.status, 200);
    assert.equal((await app.call('/chats', { token: await chats.user('greta') })).status, 200);
  });

  test('a key that expires: its connections end, and what it runs', async () => {
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    const { key } = await newKey({ expires_at: expires });
    const running = await begin({ key });
    skew = 3_601_000;
    await endsUnauthenticated(running);
    assert.equal(await endOf(generationOf(running)), 'cancelled');
    skew = 0;
  });

  test('a rotated key: connections of the earlier secret end with its overlap, and what runs goes on', async () => {
    const { id, key: first } = await newKey();
    const old = await begin({ key: first });
    const rotate = async (overlap_seconds: number): Promise<string> =>
      (await app.admin('POST', `${base}/keys/${id}/rotate`, { overlap_seconds })).body.key;
    const second = await rotate(600);
    const viewing = await watch(generationOf(old), 'chat', { key: second });
    const alsoOld = await watch(generationOf(old), 'chat', { key: first });
    skew = 601_000;
    for (const reading of [old, alsoOld]) await endsUnauthenticated(reading);
    const third = await rotate(0);
    await endsUnauthenticated(viewing);
    skew = 0;
    assert.equal(await statusOf(generationOf(old)), 'running');
    const resumed = await watch(generationOf(old), 'chat', { key: third });
    const cancel = { key: third, method: 'POST' };
    assert.equal(
      (await app.call(`/api/generations/${generationOf(old)}/cancel`, cancel)).body.status,
      'cancelled',
    );
    await resumed.ended;
    assert.match(resumed.raw(), /"finish_reason":"cancelled"/);
  });

  test('all tokens end with the secret that signed them: their connections end, and what runs goes on', async () => {
    let rotated = 0;
    const rotation: SecretRotation = {
      async rotate({ endsTokens }) {
        rotated += endsTokens ? 1 : 0;
        return {
          outcome: 'rotated',
          source: 'file',
          changed: 0,
          unreadable: [],
          webhooks: { changed: 0, unreadable: [] },
        };
      },
    };
    await using rotating = await startTestApp(engine, { rotation });
    const stalled = {
      steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half'] }, { do: 'stall' }],
    } as const;
    const { body } = await rotating.call('/api/chat/get_token', {
      key: rotating.prodKey,
      body: { user_id: 'ada' },
    });
    const readings: SseReading[] = [];
    for (const call of [{ token: body.token }, { key: rotating.prodKey }]) {
      rotating.harness.upstream.enqueue(stalled);
      const reading = await rotating.stream('/api/chat/completion/stream', {
        ...call,
        body: { message: 'Hi' },
      });
      await reading.until((one) => one.raw().includes('Half'));
      readings.push(reading);
    }
    const [ofToken, ofKey] = readings;
    assert.ok(ofToken !== undefined && ofKey !== undefined);
    assert.equal((await rotating.admin('POST', '/secret/rotate', {})).status, 200);
    assert.equal((await rotating.admin('POST', '/secret/rotate', { end_tokens: true })).status, 200);
    assert.equal(rotated, 1);
    await endsUnauthenticated(ofToken);
    for (const reading of [ofToken, ofKey]) {
      const path = `/api/generations/${generationOf(reading)}`;
      assert.equal((await rotating.call(path, { key: rotating.prodKey })).body.status, 'running');
      await rotating.call(`${path}/cancel`, { key: rotating.prodKey, method: 'POST' });
    }
    await ofKey.ended;
    assert.match(ofKey.raw(), /"finish_reason":"cancelled"/);
  });

  test('what was accepted at the moment of the revocation is cancelled too', async () => {
    const { id } = await newKey();
    assert.equal((await app.admin('DELETE', `${base}/keys/${id}`)).status, 204);
    stallNext();
    const late = await app.engine.accept(app.harness.turn({ text: 'Late' }, { apiKeyId: id }));
    stallNext();
    const createdBy = { kind: 'member', id: '01a218e7-1534-74fd-a5b6-0d6f8294d4fa' } as const;
    const ofMember = await app.engine.accept(app.harness.turn({ text: 'Late' }, { createdBy }));
    stallNext();
    const outside = { kind: 'member', id: 'idp:somebody' } as const;
    const kept = await app.engine.accept(app.harness.turn({ text: 'Late' }, { createdBy: outside }));
    for (const { generationId } of [late, ofMember]) assert.equal(await endOf(generationId), 'cancelled');
    assert.equal(await statusOf(kept.generationId), 'running');
    await app.call(`/api/generations/${kept.generationId}/cancel`, { key: app.prodKey, method: 'POST' });
  });
});
