/** Headers, parameters and texts of strangers that are as long as the server reads: each is looked at once, and refused. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { type Call, startTestApp } from '../http-app.ts';

const app = await startTestApp('sqlite');
const id = '01900000-0000-7000-8000-000000000000';
/** Node reads 16 KiB of headers, the first line included. */
const long = 15_000;
const hardTexts = ['a', ' ', '.', '1', '-', ':', 'a.', ', ', '%20', '/', '"', '=', ';'].map((piece) =>
  piece.repeat(long / piece.length),
);
/** Titles and words of strangers that patterns have stumbled over. */
const hardWords = [
  'a....b',
  '....',
  ' ',
  '\n',
  '"',
  '*',
  '»*',
  '[',
  '\u0301',
  '\ufdfa',
  '😀',
  'A',
  '漢',
  'a ',
];

describe('long inputs', () => {
  after(() => app[Symbol.asyncDispose]());

  async function statusOf(path: string, call: Call): Promise<number> {
    const { status, body } = await app.call(path, call);
    if (status >= 400) assert.ok(JSON.stringify(body).length < 2000, 'the answer to a long input is short');
    return status;
  }

  const headers = ['idempotency-key', 'last-event-id', 'x-api-key', 'authorization', 'origin', 'accept'];
  for (const name of headers) {
    test(`the header ${name} leads to no 5xx, and does not hold up the next request`, async () => {
      for (const text of hardTexts) {
        const value = name === 'authorization' ? `Bearer${text.slice(6)}x` : `x${text.slice(2)}x`;
        const call = { key: app.prodKey, headers: { [name]: value }, body: { message: 'x', stream: false } };
        const status = await statusOf('/api/chat/completion', call);
        assert.ok(status < 500, `${status} for ${name}: ${value.slice(0, 20)}`);
      }
    });
  }

  test('a credential, a cursor or a path of 15,000 characters is refused with 4xx', async () => {
    for (const text of hardTexts) {
      const value = encodeURIComponent(text).slice(0, long).replace(/%.?$/, '');
      for (const path of [
        `/api/generations/${id}/stream?access_token=${value}`,
        `/api/generations/${id}/stream?after=${value}`,
        `/api/generations/${value}`,
        `/api/conversation/${value}`,
        `/api/chat/${value}`,
        `/${value}`,
      ]) {
        const status = await statusOf(path, { key: app.prodKey, method: 'GET' });
        assert.ok(status >= 400 && status < 500, `${status} for ${path.slice(0, 60)}`);
      }
      const listed = await statusOf(`/api/admin/organizations?cursor=${value}`, {
        token: (await admin()).key,
      });
      assert.ok(listed >= 400 && listed < 500);
    }
  });

  let made: Promise<{ key: string }> | undefined;
  function admin(): Promise<{ key: string }> {
    made ??= app.key('admin');
    return made;
  }

  test('a title of 100,000 characters is 400 and names the field', async () => {
    for (const piece of hardWords) {
      const title = piece.repeat(Math.ceil(100_000 / piece.length));
      const call = { key: app.prodKey, method: 'PUT' };
      const updated = await app.call(
        `/api/conversation/update?conversation_id=${id}&org_id=${app.harness.scope.organizationId}`,
        {
          ...call,
          body: { title },
        },
      );
      assert.deepEqual([updated.status, updated.body.code], [400, 'invalid_request'], piece);
      assert.match(updated.body.detail, /^title must /);
      const renamed = await app.call(`/chats/update/${id}`, { ...call, body: { name: title } });
      assert.deepEqual([renamed.status, renamed.body.code], [400, 'invalid_request'], piece);
      assert.match(renamed.body.error, /^name must /);
    }
  });

  test('an automatic title is made of a message of any kind', async () => {
    for (const piece of hardWords) {
      const message = `x${piece.repeat(Math.ceil(3000 / piece.length))}`.slice(0, 3000).toWellFormed();
      const { status } = await app.call('/api/chat/completion', { key: app.prodKey, body: { message } });
      assert.equal(status, 200, piece);
    }
  });

  test('a search for as much as the address holds is answered', async () => {
    for (const piece of hardWords) {
      const q = encodeURIComponent(piece.repeat(long))
        .slice(0, long)
        .replace(/(%[0-9A-F]?)*$/, '');
      const status = await statusOf(`/api/conversation/list?q=${q}`, { key: app.prodKey });
      assert.ok(status < 500, `${status} for ${piece}`);
    }
  });
});
