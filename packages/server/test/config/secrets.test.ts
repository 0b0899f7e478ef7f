/** Secrets in the data directory: made once, for one user only, and never silently replaced. */
import assert from 'node:assert/strict';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import {
  changeSecret,
  forgetPreviousSecrets,
  loadAdminKey,
  loadOrCreateSecret,
  loadSecret,
  makeAdminKey,
  makeSecret,
  readPreviousSecrets,
  readSecretFile,
  replaceSecret,
  SecretFileError,
} from '../../src/config/secrets.ts';

let root: string;
let dataDir: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'colloquy-secrets-'));
  dataDir = join(root, 'data');
});
afterEach(() => rm(root, { recursive: true }));

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

test('the first load makes it, with mode 0600 in a directory of 0700; the second reads the same', async () => {
  const first = await loadOrCreateSecret(dataDir, 'secret', makeSecret);
  const second = await loadOrCreateSecret(dataDir, 'secret', () => assert.fail('made twice'));
  assert.deepEqual([first.isNew, second.isNew], [true, false]);
  assert.equal(second.value, first.value);
  assert.equal(await modeOf(first.path), '600');
  assert.equal(await modeOf(dataDir), '700');
  assert.equal(await readFile(first.path, 'utf8'), `${first.value}\n`);
  assert.deepEqual(await readdir(dataDir), ['secret']);
});

test('of many that start at once one makes it and all get the same', async () => {
  const all = await Promise.all(
    Array.from({ length: 20 }, () => loadOrCreateSecret(dataDir, 'secret', makeSecret)),
  );
  assert.equal(new Set(all.map(({ value }) => value)).size, 1);
  assert.equal(all.filter(({ isNew }) => isNew).length, 1);
  assert.deepEqual(await readdir(dataDir), ['secret']);
});

test('an admin key is sk_admin_ and 32 random bytes as base64url', () => {
  assert.match(makeAdminKey(), /^sk_admin_[A-Za-z0-9_-]{43}$/);
  assert.equal(
    makeAdminKey((bytes) => Buffer.alloc(bytes, 0xff)),
    `sk_admin_${'_'.repeat(42)}8`,
  );
  assert.notEqual(makeSecret(), makeSecret());
});

test('what the environment gives is not written', async () => {
  const config = { dataDir, secret: 'from the environment', previousSecrets: ['before'] };
  assert.deepEqual(await loadSecret(config, { mayMake: true }), {
    secret: 'from the environment',
    source: 'variable',
    previous: ['before'],
  });
  assert.deepEqual(await loadAdminKey({ dataDir, adminKey: 'sk_admin_x' }), {
    adminKey: 'sk_admin_x',
    adminKeyPath: undefined,
  });
  await assert.rejects(stat(dataDir), { code: 'ENOENT' });
});

test('what it does not give is made and kept', async () => {
  const config = { dataDir, secret: undefined, previousSecrets: [], adminKey: undefined };
  const made = await loadSecret(config, { mayMake: true });
  assert.deepEqual(await loadSecret(config, { mayMake: false }), made);
  assert.equal(made.source, 'file');
  const { adminKey, adminKeyPath } = await loadAdminKey(config);
  assert.equal(adminKeyPath, join(dataDir, 'admin-key'));
  assert.deepEqual(await loadAdminKey(config), { adminKey, adminKeyPath });
  assert.deepEqual(await readdir(dataDir), ['admin-key', 'secret']);
});

test('a secret that may not be made is missing, in a sentence', async () => {
  const config = { dataDir, secret: undefined, previousSecrets: [] };
  await assert.rejects(loadSecret(config, { mayMake: false }), (error) => {
    assert.ok(error instanceof SecretFileError);
    assert.match(error.message, /secret is missing.*COLLOQUY_SECRET/);
    return true;
  });
  await assert.rejects(stat(dataDir), { code: 'ENOENT' });
});

test('a changed secret leaves those of before, the newest first, before those of the variable', async () => {
  const first = makeSecret();
  const [second, third] = [makeSecret(), makeSecret()];
  await changeSecret(dataDir, second, [first]);
  await changeSecret(dataDir, third, [second, first]);
  const config = { dataDir, secret: undefined, previousSecrets: ['of the variable'] };
  assert.deepEqual(await loadSecret(config, { mayMake: false }), {
    secret: third,
    source: 'file',
    previous: [second, first, 'of the variable'],
  });
  assert.equal((await stat(join(dataDir, 'secret.previous'))).mode & 0o777, 0o600);
  await changeSecret(dataDir, first, [third, second, first]);
  assert.deepEqual(await readPreviousSecrets(dataDir), [third, second]);
  assert.deepEqual(await readdir(dataDir), ['secret', 'secret.previous']);

  await writeFile(join(dataDir, 'secret.previous'), `${second}\n\n${third}`);
  await assert.rejects(readPreviousSecrets(dataDir), /secret\.previous is not whole/);
  await forgetPreviousSecrets(dataDir);
  assert.deepEqual(await readPreviousSecrets(dataDir), []);
});

test('a file that others can read is refused with what to do', async () => {
  const { path } = await loadOrCreateSecret(dataDir, 'secret', makeSecret);
  await chmod(path, 0o644);
  await assert.rejects(loadOrCreateSecret(dataDir, 'secret', makeSecret), (error) => {
    assert.ok(error instanceof SecretFileError);
    assert.match(error.message, /mode 0644.*chmod 600/);
    return true;
  });
});

test('a file that the own group can read is taken, with a warning; one of another group is not', async () => {
  const { path, value } = await loadOrCreateSecret(dataDir, 'secret', makeSecret);
  const warnings: string[] = [];
  for (const mode of [0o660, 0o640]) {
    await chmod(path, mode);
    const again = await loadOrCreateSecret(dataDir, 'secret', makeSecret, (warning) =>
      warnings.push(warning),
    );
    assert.equal(again.value, value);
  }
  assert.equal(warnings.length, 2);
  assert.match(warnings[0] ?? '', /secret can be read by the other members of group \d+; run chmod 600/);
  await chmod(path, 0o664);
  await assert.rejects(loadOrCreateSecret(dataDir, 'secret', makeSecret), /mode 0664/);
  if (process.getuid?.() !== 0) return;
  await chmod(path, 0o660);
  await chown(path, 0, 54_321);
  await assert.rejects(loadOrCreateSecret(dataDir, 'secret', makeSecret), /mode 0660/);
});

test('an empty file is refused and left as it is', async () => {
  await mkdir(dataDir);
  await writeFile(join(dataDir, 'secret'), '', { mode: 0o600 });
  await assert.rejects(loadOrCreateSecret(dataDir, 'secret', makeSecret), {
    name: 'SecretFileError',
    message: /is empty/,
  });
  assert.equal(await readFile(join(dataDir, 'secret'), 'utf8'), '');
});

test('a directory in its place, and a file in the place of the data directory, are clear errors', async () => {
  await mkdir(join(dataDir, 'secret'), { recursive: true, mode: 0o700 });
  await assert.rejects(loadOrCreateSecret(dataDir, 'secret', makeSecret), {
    name: 'SecretFileError',
    message: /can't be read/,
  });
  await writeFile(join(root, 'file'), '');
  await assert.rejects(loadOrCreateSecret(join(root, 'file'), 'secret', makeSecret), {
    name: 'SecretFileError',
  });
});

test('replacing is atomic and keeps the mode', async () => {
  await replaceSecret(dataDir, 'first-key', 'one');
  await replaceSecret(dataDir, 'first-key', 'two');
  const path = join(dataDir, 'first-key');
  assert.equal(await readSecretFile(path), 'two');
  assert.equal(await modeOf(path), '600');
  assert.deepEqual(await readdir(dataDir), ['first-key']);
});
