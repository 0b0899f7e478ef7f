/** The key that the first start makes. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startTestServer } from 'colloquy-testkit/server';
import { hashApiKey } from '../../src/auth/api-keys.ts';

test('of the first key as many characters stay visible as of every other', async () => {
  await using server = await startTestServer('sqlite');
  const key = (await readFile(join(server.place.dataDir, 'first-key'), 'utf8')).trim();
  const { prefix } = await server.server.store.reads
    .selectFrom('api_key')
    .select('prefix')
    .where('hash', '=', hashApiKey(key))
    .executeTakeFirstOrThrow();
  assert.equal(prefix, key.slice(0, 'sk_prod_'.length + 6));
});
