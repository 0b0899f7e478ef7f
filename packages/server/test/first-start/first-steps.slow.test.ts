/** The commands of the page of first steps do what it says, on the server of a first start. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { spawnServer } from 'colloquy-testkit/server-process';

const page = fileURLToPath(new URL('../../../../docs/first-steps.md', import.meta.url));
const run = promisify(execFile);

test('the commands that call the API work one after the other, as they stand', {
  timeout: 120_000,
  skip: process.platform === 'win32' && 'they are for a shell of Unix',
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'colloquy-steps-'));
  try {
    await using server = await spawnServer({
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: join(directory, 'data'),
      COLLOQUY_LOCAL_MODEL: 'off',
    });
    const markdown = await readFile(page, 'utf8');
    const blocks = [...markdown.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
    const calls = blocks.filter((block) => block.includes('curl') && !block.includes('npm start'));
    assert.ok(calls.length >= 5);
    const script = calls.join('\n').replaceAll('http://127.0.0.1:8080', server.url);
    const { stdout, stderr } = await run('bash', ['-euc', script], { cwd: directory, maxBuffer: 2 ** 24 });
    assert.equal(stderr, '');
    assert.deepEqual(stdout.match(/.{0,200}"error":"[\s\S]{0,200}/g), null);
    for (const made of ['"name":"My vLLM"', '"key":"sk_prod_', '"token":"ey', '"type":"done"', '"titles":'])
      assert.ok(stdout.includes(made), made);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
