/** The example of `docs/dialects.md` works as written, except for address and key file. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { startTestServer } from 'colloquy-testkit/server';

const page = new URL('../../../../../docs/dialects.md', import.meta.url);
const curl = spawnSync('curl', ['--version']).status === 0 ? {} : { skip: 'there is no curl' };

test('the example begins in chat, goes on in conversation and ends in chats', curl, async () => {
  await using server = await startTestServer('sqlite');
  const [, script = ''] = /```sh\n([\s\S]*?)```/.exec(await readFile(page, 'utf8')) ?? [];
  assert.match(script, /stream_chat/);
  const filled = script
    .replace('http://127.0.0.1:8080', server.url)
    .replace('data/first-key', join(server.place.dataDir, 'first-key'));
  const directory = await mkdtemp(join(tmpdir(), 'colloquy-example-'));
  try {
    const options = { cwd: directory, maxBuffer: 16 * 1024 * 1024 };
    const { stdout } = await promisify(execFile)('sh', ['-euc', filled], options);
    const [generation] = /(?<=^id: )[0-9a-f-]{36}(?=:)/m.exec(stdout) ?? [];
    assert.match(stdout, /^data: \{"type":"session_created"/);
    assert.match(stdout, /"title":"How do I make an API key\?"/);
    assert.match(stdout, /\nevent: end\ndata: \{"type":"end","finish_reason":"stop"/);
    assert.equal(stdout.match(/\nevent: done\ndata: /g)?.length, 2, 'two streams of chats');
    const [list = ''] = /^\[\{"id".*"role":"Human".*$/m.exec(stdout) ?? [];
    const roles = (JSON.parse(list.replace(/\]data:.*$/, ']')) as { role: string }[]).map(({ role }) => role);
    assert.deepEqual(roles, ['Human', 'Assistant', 'Human', 'Assistant', 'Human', 'Assistant']);
    assert.ok(stdout.trimEnd().split('\n').at(-1)?.startsWith(`id: ${generation}:`), 'the first answer last');
  } finally {
    await rm(directory, { recursive: true });
  }
});
