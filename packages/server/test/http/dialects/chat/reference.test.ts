/** Every curl of `reference/persona-chat-api.txt` as it stands, run by a shell, with address, ids and keys filled in. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { startTestApp } from '../../http-app.ts';

const getToken = `curl -v -X POST https://chat.converzen.de/api/chat/get_token \\
-H "X-API-Key: sk_test_YOUR_TEST_API_KEY" \\
-H "Content-Type: application/json" \\
-d '{
"user_id" : "unique id, UUID preferably",
"persona": { "persona_id": 1, "version_type": "next" }
}'`;

const completionWithKey = `curl -X POST https://chat.converzen.de/api/chat/completion/stream \\
-H "X-API-Key: YOUR_API_KEY" \\
-H "Content-Type: application/json" \\
-d '{
"persona": { "persona_id": 1, "version_type": "next" }
"message" : "Talk to me"
}'`;

const completionWithToken = `curl -X POST https://chat.converzen.de/api/chat/completion/stream \\
-H "Authorization: Bearer YOUR_TOKEN" \\
-H "Content-Type: application/json" \\
-d '{
"message" : "Talk to me"
}'`;

const continuationWithKey = `curl -X POST https://chat.converzen.de/api/chat/continuation/stream \\
-H "X-API-Key: YOUR_API_KEY" \\
-H "Content-Type: application/json" \\
-d '{
"message" : "Talk to me"
}'`;

const curl = spawnSync('curl', ['--version']).status === 0 ? {} : { skip: 'there is no curl' };

onBothStores("the document's curls", async (storeEngine) => {
  const app = await startTestApp(storeEngine);
  after(() => app[Symbol.asyncDispose]());
  const personaId = await app.persona('reference', { next: true });

  async function run(command: string, token = ''): Promise<{ status: number; type: string; body: string }> {
    const filled = command
      .replace('https://chat.converzen.de', app.url)
      .replace('sk_test_YOUR_TEST_API_KEY', app.testKey)
      .replace('YOUR_API_KEY', app.testKey)
      .replace('YOUR_TOKEN', token)
      .replace('"persona_id": 1', `"persona_id": ${personaId}`);
    const { stdout } = await promisify(execFile)('sh', [
      '-c',
      `${filled} -s -N -w '\n%{http_code} %{content_type}'`,
    ]);
    const [, body = '', status, type = ''] = /^([\s\S]*)\n(\d{3}) (.*)$/.exec(stdout) ?? [];
    return { status: Number(status), type, body };
  }

  const types = (body: string): string[] =>
    [...body.matchAll(/^data: (.*)$/gm)].map(([, data = '']) => JSON.parse(data).type);

  test('get_token, then a completion with the token', curl, async () => {
    const { status, body } = await run(getToken);
    assert.equal(status, 200);
    const { token, expires_at, ...nothing } = JSON.parse(body);
    assert.deepEqual(nothing, {});
    assert.ok(Number.isInteger(expires_at));
    const completion = await run(completionWithToken, token);
    assert.equal(completion.status, 200);
    assert.equal(completion.type, 'text/event-stream; charset=utf-8');
    const [first, ...rest] = types(completion.body);
    assert.equal(first, 'session_created');
    assert.equal(rest.at(-1), 'done');
    assert.ok(rest.slice(0, -1).every((type) => type === 'token') && rest.length > 1);
  });

  test('the curl that lacks a comma is 400 with line and column; mended it streams', curl, async () => {
    const { status, body } = await run(completionWithKey);
    assert.equal(status, 400);
    assert.equal(JSON.parse(body).code, 'invalid_json');
    assert.match(JSON.parse(body).error, /line 3, column 1/);
    const mended = await run(completionWithKey.replace('"next" }', '"next" },'));
    assert.equal(mended.status, 200);
    assert.equal(types(mended.body).at(-1), 'done');
  });

  test('the continuation without a session is 400 and names session; with one it streams', curl, async () => {
    const { status, body } = await run(continuationWithKey);
    assert.equal(status, 400);
    assert.match(JSON.parse(body).error, /\bsession\b/);
    const begun = await run(completionWithKey.replace('"next" }', '"next" },'));
    const session = /"session_id":"([^"]+)"/.exec(begun.body)?.[1];
    const more = await run(continuationWithKey.replace("'{", `'{ "session": "${session}",`));
    assert.equal(more.status, 200);
    assert.equal(types(more.body)[0], 'session_continued');
  });
});
