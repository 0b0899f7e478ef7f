/** Requests without a credential on a server that serves them: other websites get nothing. */
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, describe, test } from 'node:test';
import type { AnonymousAccess } from '../../../src/http/request/anonymous.ts';
import { checkAnonymous } from '../../../src/http/request/anonymous.ts';
import { generationOf, startTestApp } from '../http-app.ts';

const access: { organizationId: string; loopbackOnly: boolean } = { organizationId: '', loopbackOnly: true };
const app = await startTestApp('sqlite', { anonymous: access as AnonymousAccess });
access.organizationId = app.harness.scope.organizationId;

/** fetch sets no Host. */
function status(path: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpRequest(app.url + path, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

describe('without a credential', () => {
  after(() => app[Symbol.asyncDispose]());

  test('generations can be read from the loopback, by the host itself and its own pages', async () => {
    const live = await app.stream('/api/chat/completion/stream', {
      key: app.prodKey,
      body: { message: 'x' },
    });
    await live.ended;
    const path = `/api/generations/${generationOf(live)}`;
    const { host, port } = new URL(app.url);
    for (const name of [host, `localhost:${port}`, `[::1]:${port}`, '127.9.9.9', 'localhost']) {
      assert.equal(await status(path, { host: name }), 200, name);
      assert.equal(await status(path, { host: name, origin: `http://${name}` }), 200, name);
    }
    for (const name of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1']) {
      assert.equal(await status(path, { host: name }), 403, name);
    }
    for (const origin of ['https://evil.example', 'null', 'http://localhost:1', `http://127.0.0.1:${port}`]) {
      assert.equal(await status(path, { host: `localhost:${port}`, origin }), 403, origin);
    }
    assert.equal(await status(path, { host, authorization: 'Bearer bad' }), 401);
    assert.equal((await app.call('/api/chat/completion', { body: { message: 'x' } })).status, 401);
  });

  test('an operator lifts the check of Host only', () => {
    const open = { organizationId: 'x', loopbackOnly: false };
    const check = (headers: object) => () =>
      checkAnonymous({ headers } as Parameters<typeof checkAnonymous>[0], open);
    assert.doesNotThrow(check({ host: 'chat.example' }));
    assert.doesNotThrow(check({ host: 'chat.example', origin: 'https://chat.example' }));
    assert.throws(check({ origin: 'https://chat.example' }), { code: 'forbidden' });
    assert.throws(check({ host: 'chat.example', origin: 'https://evil.example' }), { code: 'forbidden' });
  });
});
