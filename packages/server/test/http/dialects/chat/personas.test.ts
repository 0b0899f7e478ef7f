/** Every persona selector with every kind of credential, allowed and refused. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestApp } from '../../http-app.ts';

type Credential = 'prod' | 'prod, no default' | 'test' | 'test, no default' | 'prod token' | 'test token';

interface Case {
  readonly credential: Credential;
  readonly selector: object | undefined;
  /** The system prompt that the model gets, or the status of the refusal. */
  readonly expected: string | number;
}

/** `both` has an active version and a draft, `draft` only a draft; `test` is the default of keys that have one. */
function table(both: number, draft: number): readonly Case[] {
  const rows: readonly [selector: object | undefined, ...expected: (string | number)[]][] = [
    // prod, prod without default, test, test without default, token of prod for `both`, token of test for `both`'s draft
    [undefined, 'Be a test.', 400, 'Be a test.', 400, 'I am both.', 'I am the draft of both.'],
    [
      { alias: 'both' },
      'I am both.',
      'I am both.',
      'I am both.',
      'I am both.',
      'I am both.',
      'I am the draft of both.',
    ],
    [{ alias: 'draft' }, 404, 404, 404, 404, 403, 403],
    [{ alias: 'nobody' }, 404, 404, 404, 404, 403, 403],
    [{ persona_id: both }, 403, 403, 'I am both.', 'I am both.', 403, 'I am the draft of both.'],
    [
      { persona_id: both, version_type: 'next' },
      403,
      403,
      'I am the draft of both.',
      'I am the draft of both.',
      403,
      'I am the draft of both.',
    ],
    [
      { persona_id: both, version_type: 'active' },
      403,
      403,
      'I am both.',
      'I am both.',
      403,
      'I am the draft of both.',
    ],
    [
      { persona_id: draft, version_type: 'next' },
      403,
      403,
      'I am the draft of draft.',
      'I am the draft of draft.',
      403,
      403,
    ],
    [{ persona_id: draft }, 403, 403, 404, 404, 403, 403],
    [{ persona_id: 2_000_000_000 }, 403, 403, 404, 404, 403, 403],
    [
      { alias: 'both', version_type: 'next' },
      403,
      403,
      'I am the draft of both.',
      'I am the draft of both.',
      403,
      'I am the draft of both.',
    ],
    [{ alias: 'nobody', version_type: 'next' }, 403, 403, 404, 404, 403, 403],
    [{ version_type: 'active' }, 403, 403, 'Be a test.', 400, 403, 'I am the draft of both.'],
    [{ version_type: 'next' }, 403, 403, 404, 400, 403, 'I am the draft of both.'],
    [{ persona_id: both, alias: 'both' }, 403, 403, 400, 400, 403, 400],
    [{}, 400, 400, 400, 400, 400, 400],
    [{ persona: both }, 400, 400, 400, 400, 400, 400],
    [{ persona_id: 'both' }, 400, 400, 400, 400, 400, 400],
    [{ alias: 'NOT AN ALIAS' }, 400, 400, 400, 400, 400, 400],
    [{ alias: 'both', version_type: 'past' }, 400, 400, 400, 400, 400, 400],
  ];
  const credentials: Credential[] = [
    'prod',
    'prod, no default',
    'test',
    'test, no default',
    'prod token',
    'test token',
  ];
  return rows.flatMap(([selector, ...expected]) =>
    credentials.map((credential, index) => ({ credential, selector, expected: expected[index] ?? 0 })),
  );
}

onBothStores('personas', async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const both = await app.persona('both', { next: true });
  const draft = await app.persona('draft', { active: false, next: true });
  const { personaId } = app.harness.persona;
  const prodKey = app.prodKey;
  const prodBare = (await app.key('prod')).key;
  const testBare = app.testKey;
  const testKey = (await app.key('test', { default_persona_id: personaId })).key;
  const token = async (key: string, persona: object): Promise<string> =>
    (await app.call('/api/chat/get_token', { key, body: { user_id: 'ada', persona } })).body.token;
  const prodToken = await token(prodKey, { alias: 'both' });
  const testToken = await token(testKey, { persona_id: both, version_type: 'next' });
  const headers: Record<Credential, object> = {
    prod: { key: prodKey },
    'prod, no default': { key: prodBare },
    test: { key: testKey },
    'test, no default': { key: testBare },
    'prod token': { token: prodToken },
    'test token': { token: testToken },
  };

  for (const { credential, selector, expected } of table(both, draft)) {
    test(`${credential}: ${JSON.stringify(selector)} → ${expected}`, async () => {
      const body = { message: 'Who are you?', ...(selector !== undefined && { persona: selector }) };
      const { status, body: answer } = await app.call('/api/chat/completion', {
        ...headers[credential],
        body,
      });
      if (typeof expected === 'number') {
        assert.equal(status, expected, JSON.stringify(answer));
        assert.equal(typeof answer.error, 'string');
        return;
      }
      assert.equal(status, 200, JSON.stringify(answer));
      assert.equal(app.harness.upstream.requests.at(-1)?.body?.messages?.[0]?.content, expected);
      if (credential.endsWith('token')) return;
      const asked = await app.call('/api/chat/get_token', {
        ...headers[credential],
        body: { user_id: 'ben', ...(selector !== undefined && { persona: selector }) },
      });
      assert.equal(asked.status, 200);
    });
  }

  const begin = async (credential: object, persona?: object): Promise<string> => {
    const body = { message: 'Hello', ...(persona !== undefined && { persona }) };
    const { status, body: answer } = await app.call('/api/chat/completion', { ...credential, body });
    assert.equal(status, 200, JSON.stringify(answer));
    return answer.session_id;
  };
  const go = async (credential: object, session: string, persona?: object) =>
    app.call('/api/chat/continuation', {
      ...credential,
      body: { session, message: 'And?', ...(persona !== undefined && { persona }) },
    });

  test('a session stays on the revision that it began with', async () => {
    const session = await begin({ key: testKey }, { persona_id: both, version_type: 'next' });
    assert.equal((await go({ key: testKey }, session)).status, 200);
    assert.equal(
      app.harness.upstream.requests.at(-1)?.body?.messages?.[0]?.content,
      'I am the draft of both.',
    );
    // Selectors are compared by persona, not by version.
    assert.equal((await go({ key: testKey }, session, { alias: 'both' })).status, 200);
  });

  test("a continuation's selector: permission, existence, the session, then whether it is the session's", async () => {
    const session = await begin({ key: prodKey }, { alias: 'both' });
    const nowhere = '01234567-89ab-7cde-8f01-23456789abcd';
    assert.equal((await go({ key: prodKey }, nowhere, { persona_id: both })).status, 403);
    assert.equal((await go({ key: prodKey }, session, { alias: 'nobody' })).status, 404);
    assert.equal((await go({ key: prodKey }, nowhere, { alias: 'test' })).status, 404);
    assert.equal((await go({ key: prodKey }, session, { alias: 'test' })).status, 400);
    assert.equal((await go({ key: prodKey }, session, { alias: 'both' })).status, 200);
    assert.equal((await go({ key: prodBare }, session)).status, 200);
    assert.equal((await go({ key: testKey }, session)).status, 404);
  });

  test("a token continues its user's sessions of its persona, whatever the revision", async () => {
    const active = await token(testKey, { persona_id: both, version_type: 'active' });
    const session = await begin({ token: testToken });
    assert.equal((await go({ token: active }, session)).status, 200);
    const other = await token(testKey, { persona_id: personaId });
    assert.equal((await go({ token: other }, session)).status, 404);
    assert.equal((await go({ token: other }, session, { persona_id: both })).status, 403);
    assert.equal((await go({ token: prodToken }, session)).status, 404);
  });
});
