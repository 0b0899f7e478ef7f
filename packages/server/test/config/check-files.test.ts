/** `checkFiles`: files that the configuration names must exist and be of the right kind. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { rootCertificates } from 'node:tls';
import { checkFiles } from '../../src/config/check-files.ts';

const root = await mkdtemp(join(tmpdir(), 'colloquy-files-'));
after(() => rm(root, { recursive: true }));
const off = { kind: 'off' } as const;

test('a directory that is there, or can be made, is fine and is not made', async () => {
  assert.deepEqual(await checkFiles({ dataDir: root, localModel: off }), []);
  assert.deepEqual(await checkFiles({ dataDir: join(root, 'a/b'), localModel: off }), []);
  assert.deepEqual(await readdir(root), []);
});

test('a GGUF file is fine', async () => {
  const path = join(root, 'good.gguf');
  await writeFile(path, 'GGUF\u0003and so on');
  assert.deepEqual(await checkFiles({ dataDir: root, localModel: { kind: 'file', path } }), []);
});

test('everything wrong is told at once', async () => {
  const file = join(root, 'file');
  await writeFile(file, 'text');
  const problems = await checkFiles({
    dataDir: join(file, 'data'),
    localModel: { kind: 'file', path: file },
  });
  assert.deepEqual(
    problems.map(({ name }) => name),
    ['DATA_DIR', 'COLLOQUY_LOCAL_MODEL'],
  );
  assert.match(problems[0]?.found ?? '', /is not a directory/);
  assert.match(problems[1]?.found ?? '', /is not a GGUF file/);
});

test('a file of certificates is fine; one that is not there, or holds none, is told', async () => {
  const [pem = ''] = rootCertificates;
  const good = join(root, 'good.pem');
  await writeFile(good, `# A comment\n${pem}\n`);
  const checked = (extraAuthorities: string) =>
    checkFiles({ dataDir: root, localModel: off, extraAuthorities });
  assert.deepEqual(await checked(good), []);
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['text.pem', 'text', /holds no certificate/],
    ['nonsense.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', /can't be read/],
  ];
  for (const [name, text, expected] of wrong) {
    await writeFile(join(root, name), text);
    const [problem] = await checked(join(root, name));
    assert.equal(problem?.name, 'NODE_EXTRA_CA_CERTS');
    assert.match(problem?.found ?? '', expected, name);
  }
  assert.match((await checked(join(root, 'absent.pem')))[0]?.found ?? '', /does not exist/);
  assert.match((await checked(root))[0]?.found ?? '', /can't be read \(EISDIR\)/);
});

test('a model that is not there, or is a directory, is told', async () => {
  for (const [path, expected] of [
    [join(root, 'absent.gguf'), /does not exist/],
    [root, /can't be read \(EISDIR\)/],
  ] as const) {
    const [problem] = await checkFiles({ dataDir: root, localModel: { kind: 'file', path } });
    assert.match(problem?.found ?? '', expected);
  }
});
