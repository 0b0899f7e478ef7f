/** What one replica revokes loses its connections on the others too. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { userToken } from 'colloquy-testkit/matrix/world';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { findPostgres } from 'colloquy-testkit/services';
import { administer } from 'colloquy-testkit/tenants';
import { openReading, type SseReading } from '../http-app.ts';

const postgres = await findPostgres();

/** Only PostgreSQL takes several servers. */
const options = 'skip' in postgres ? postgres : {};

test('replicas', options, async (suite) => {
  let first: TestServer;
  let other: string;
  before(async () => {
    first = await startTestServer('postgres');
    other = (await first.replica()).url;
  });
  after(() => first[Symbol.asyncDispose]());

  const own = (method: string, path: string, body?: object) =>
    administer<{ id: string; key: string; token: string }>(
      first.url,
      method,
      `/organizations/${first.organizationId}${path}`,
      body,
    );
  const stallNext = (): void =>
    first.upstream.enqueue({
      steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Half'] }, { do: 'stall' }],
    });
  const hasBegun = (reading: SseReading): boolean => reading.raw().includes('Half');

  /** Begins an answer that never ends by itself. */
  async function begin(url: string, credential: string): Promise<SseReading> {
    stallNext();
    const reading = await openReading({
      url: `${url}/api/chat/completion/stream`,
      method: 'POST',
      headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
      body: JSON.stringify({ message: 'Go on' }),
    });
    await reading.until(hasBegun);
    return reading;
  }

  async function view(url: string, of: SseReading, credential: string): Promise<SseReading> {
    const reading = await openReading({
      url: url + of.response.headers.get('content-location'),
      headers: { authorization: `Bearer ${credential}` },
    });
    await reading.until(hasBegun);
    return reading;
  }

  async function endsUnauthenticated(readings: readonly SseReading[]): Promise<void> {
    for (const reading of readings) {
      await reading.ended;
      const last = reading.raw().trimEnd().split('\n\n').at(-1) ?? '';
      assert.match(last, /"code":"unauthenticated"/, reading.raw());
      assert.doesNotMatch(last, /^id:/m);
      assert.doesNotMatch(reading.raw(), /"type":"done"/);
    }
  }

  await suite.test('of a revoked key, wherever it was begun and is viewed', async () => {
    const key = await own('POST', '/keys', {
      name: 'doomed',
      type: 'prod',
      default_persona_id: first.personaId,
    });
    const token = await userToken(first.url, key.key, 'ada');
    const [here, there] = [await begin(first.url, token), await begin(other, key.key)];
    const viewers = [await view(other, here, token), await view(first.url, there, key.key)];
    const kept = await begin(other, first.prodKey);
    const watching = await view(other, here, first.prodKey);
    await own('DELETE', `/keys/${key.id}`);
    await endsUnauthenticated([here, there, ...viewers]);
    await watching.ended;
    assert.match(watching.raw(), /"finish_reason":"cancelled"/);
    assert.ok(!kept.raw().includes('unauthenticated'));
    kept.close();
  });

  await suite.test('of a removed member who only views', async () => {
    const member = await own('POST', '/members', { name: 'Mia', email: 'mia@a.example', role: 'admin' });
    const { token } = await own('POST', `/members/${member.id}/token`, {});
    const running = await begin(first.url, first.prodKey);
    const viewer = await view(other, running, token);
    await own('DELETE', `/members/${member.id}`);
    await endsUnauthenticated([viewer]);
    assert.ok(!running.raw().includes('unauthenticated'));
    running.close();
  });

  await suite.test('of an erased user', async () => {
    const token = await userToken(first.url, first.prodKey, 'ben');
    const running = await begin(other, token);
    const viewer = await view(first.url, running, token);
    await own('DELETE', '/users/ben');
    await endsUnauthenticated([running, viewer]);
  });
});
