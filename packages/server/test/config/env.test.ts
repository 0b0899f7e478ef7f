/** Reading the environment, and a `.env` file beneath it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadEnvFile, lookupEnv, readEnvironment } from '../../src/config/env.ts';

const root = await mkdtemp(join(tmpdir(), 'colloquy-env-'));
after(() => rm(root, { recursive: true }));

test('a .env file adds to the environment and overrides nothing', async () => {
  const path = join(root, '.env');
  process.env.COLLOQUY_TEST_SET = 'by the process';
  await writeFile(
    path,
    'COLLOQUY_TEST_SET=by the file\nCOLLOQUY_TEST_ADDED="by the file"\nCOLLOQUY_TEST_EMPTY=\n',
  );
  assert.equal(loadEnvFile(path), true);
  assert.equal(readEnvironment().COLLOQUY_TEST_SET, 'by the process');
  assert.equal(lookupEnv('COLLOQUY_TEST_ADDED'), 'by the file');
  assert.equal(lookupEnv('COLLOQUY_TEST_EMPTY'), undefined);
});

test('without the file nothing happens; one that cannot be read is an error', () => {
  assert.equal(loadEnvFile(join(root, 'absent')), false);
  assert.throws(() => loadEnvFile(root), { code: 'EISDIR' });
});

test('what is read is a copy', () => {
  Object.assign(readEnvironment(), { COLLOQUY_TEST_COPY: 'x' });
  assert.equal(lookupEnv('COLLOQUY_TEST_COPY'), undefined);
});
