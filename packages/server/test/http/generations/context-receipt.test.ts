/** `GET /api/generations/{id}/context` on both stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { newId } from '../../../src/domain/ids.ts';
import { startTestApp } from '../http-app.ts';

onBothStores('context receipts over HTTP', (engine) => {
  test('who sees a generation sees its receipt; to anybody else it is not there', async () => {
    await using app = await startTestApp(engine);
    const stream = await app.stream('/api/chat/completion/stream', {
      key: app.prodKey,
      body: { message: 'Hello' },
    });
    await stream.ended;
    const location = stream.response.headers.get('content-location') ?? '';
    const path = location.replace(/\/stream$/, '/context');
    const seen = await app.call(path, { key: app.prodKey });
    assert.equal(seen.status, 200);
    assert.equal(`/api/generations/${seen.body.generation_id}/context`, path);
    assert.equal(seen.body.status, 'recorded');
    assert.deepEqual(Object.keys(seen.body).sort(), [
      'budget_tokens',
      'dropped',
      'generation_id',
      'messages',
      'model',
      'persona',
      'sections',
      'status',
      'summarised',
      'summary',
      'tokens_provenance',
      'whole',
    ]);
    assert.deepEqual(
      seen.body.messages.map((one: { role: string; treatment: string }) => [one.role, one.treatment]),
      [['user', 'whole']],
    );
    const { body } = await app.call('/docs/openapi.json');
    assert.ok(body.paths['/api/generations/{id}/context'].get);

    const refused = async (at: string, options: object): Promise<[number, string]> => {
      const { status, body } = await app.call(at, options);
      return [status, body.code];
    };
    // The other kind of key is another tenant.
    assert.deepEqual(await refused(path, { key: app.testKey }), [404, 'not_found']);
    assert.deepEqual(await refused(path, {}), [401, 'unauthenticated']);
    const unknown = `/api/generations/${newId()}/context`;
    assert.deepEqual(await refused(unknown, { key: app.prodKey }), [404, 'not_found']);
    const malformed = '/api/generations/7/context';
    assert.deepEqual(await refused(malformed, { key: app.prodKey }), [400, 'invalid_request']);
    const other = await app.admin('POST', '/organizations', { name: 'Other' });
    const key = await app.admin('POST', `/organizations/${other.body.id}/keys`, {
      name: 'k',
      type: 'prod',
    });
    assert.deepEqual(await refused(path, { key: key.body.key }), [404, 'not_found']);
  });
});
