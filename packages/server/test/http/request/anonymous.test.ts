/** Requests without a credential on a server that serves them: other websites get nothing. */
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, describe, test } from 'node:test';
import type { FastifyRequest } from 'fastify';
import type { AppError } from '../../../src/domain/errors.ts';
import { type AnonymousAccess, checkAnonymous } from '../../../src/http/request/anonymous.ts';
import { generationOf, startTestApp } from '../http-app.ts';

const friend = 'https://friend.example';
const access = { organizationId: '', loopbackOnly: true, origins: [friend] } satisfies AnonymousAccess;
const app = await startTestApp('sqlite', { anonymous: access });
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

  /** The code with which a request without a credential is refused; undefined if it is served. */
  function refusal(headers: Record<string, string>, more: Partial<AnonymousAccess> = {}): string | undefined {
    const request = { headers: { host: 'localhost', ...headers } } as unknown as FastifyRequest;
    try {
      checkAnonymous(request, { ...access, ...more });
      return undefined;
    } catch (error) {
      return (error as AppError).code;
    }
  }

  test('a request that a proxy forwarded is from elsewhere', () => {
    for (const name of [
      'forwarded',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-anything',
      'x-real-ip',
      'via',
      'cf-connecting-ip',
      'true-client-ip',
    ]) {
      assert.equal(refusal({ [name]: '127.0.0.1' }), 'unauthenticated', name);
      assert.equal(refusal({ [name]: '' }), 'unauthenticated', `${name}, empty`);
      assert.equal(refusal({ [name]: '127.0.0.1' }, { loopbackOnly: false }), undefined, name);
    }
  });

  test('so is one that a page of another site caused, with or without an Origin', () => {
    for (const site of ['cross-site', 'same-site', 'cross-site, none', 'anything']) {
      for (const loopbackOnly of [true, false]) {
        assert.equal(refusal({ 'sec-fetch-site': site }, { loopbackOnly }), 'unauthenticated', site);
      }
    }
    for (const site of ['none', 'same-origin']) assert.equal(refusal({ 'sec-fetch-site': site }), undefined);
  });

  test('pages of the origins that the operator names are served, by their exact origin', () => {
    const page = { 'sec-fetch-site': 'cross-site', origin: friend };
    assert.equal(refusal(page), undefined);
    assert.equal(refusal({ ...page, host: 'chat.example' }), 'forbidden');
    assert.equal(refusal({ ...page, host: 'chat.example' }, { loopbackOnly: false }), undefined);
    assert.equal(refusal({ ...page, 'x-forwarded-for': '1.1.1.1' }), 'unauthenticated');
    for (const origin of ['https://friend.example.evil', 'http://friend.example', `${friend}:444`, 'null']) {
      assert.equal(refusal({ origin }), 'forbidden', origin);
      assert.equal(refusal({ origin, 'sec-fetch-site': 'cross-site' }), 'unauthenticated', origin);
    }
  });

  test('an image on another page starts nothing', async () => {
    const chat = await app.call('/chats/create', { key: app.prodKey, body: { name: 'x' } });
    const message = { chat_id: chat.body.id, role: 'Human', message: 'x' };
    const { id } = (await app.call('/conversations/create', { key: app.prodKey, body: message })).body;
    const host = 'localhost';
    assert.equal(
      await status(`/conversations/inference/${id}`, { host, 'sec-fetch-site': 'cross-site' }),
      401,
    );
    const { body } = await app.call(`/conversations/?chat_id=${chat.body.id}`, { key: app.prodKey });
    assert.equal(body.length, 1);
  });

  test('an operator who names the organization lifts the check of Host, and that of proxies', () => {
    const open = { loopbackOnly: false };
    assert.equal(refusal({ host: 'chat.example' }, open), undefined);
    assert.equal(refusal({ host: 'chat.example', origin: 'https://chat.example' }, open), undefined);
    assert.equal(refusal({ host: 'chat.example', origin: 'https://evil.example' }, open), 'forbidden');
    assert.equal(refusal({ host: '', origin: 'https://chat.example' }, open), 'forbidden');
  });
});
