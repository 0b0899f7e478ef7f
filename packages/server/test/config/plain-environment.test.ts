/** What child processes get of the environment. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainEnvironment } from '../../src/config/env.ts';

test('child processes get what programs need, and no secret', (t) => {
  const secrets = ['COLLOQUY_SECRET', 'OPENAI_API_KEY', 'DATABASE_URL', 'AWS_SECRET_ACCESS_KEY', 'MY_PATH'];
  const plain = ['LD_LIBRARY_PATH', 'CUDA_VISIBLE_DEVICES', 'LC_ALL', 'TMPDIR'];
  const before = { ...process.env };
  t.after(() => {
    for (const name of [...secrets, ...plain]) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  });
  for (const name of [...secrets, ...plain]) process.env[name] = 'x';
  const given = plainEnvironment();
  for (const name of secrets) assert.equal(given[name], undefined, name);
  for (const name of [...plain, 'PATH']) assert.ok(given[name], name);
});
