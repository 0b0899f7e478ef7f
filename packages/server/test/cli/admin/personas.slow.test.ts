/** Personas are copied and carried from the command line. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { spawnServer } from 'colloquy-testkit/server-process';
import { colloquy } from '../colloquy.ts';

test('a persona is duplicated, exported and imported into another organization, also without a server', async (t) => {
  const place = await emptyPlace('sqlite');
  t.after(() => rm(place.dataDir, { recursive: true, force: true }));
  const env = serverEnvironment(place);
  const run = async (args: readonly string[], input = ''): Promise<string> => {
    const { status, stdout, stderr } = await colloquy(args, { env, cwd: place.dataDir, input });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  let file: string;
  {
    await using server = await spawnServer(env);
    const copy = JSON.parse(
      await run(['personas', 'duplicate', 'assistant', 'helper', '--name', 'H', '--json']),
    );
    assert.deepEqual([copy.alias, copy.name, copy.has_active], ['helper', 'H', true]);
    file = await run(['personas', 'export', 'helper']);
    assert.equal(JSON.parse(file).alias, 'helper');
    await run(['organizations', 'create', 'Acme']);
    const model = ['--provider', 'guide', '--model', 'guide'];
    await run(['models', 'create', '--name', 'Guide', ...model, '--organization', 'Acme']);
    server.signal('SIGTERM');
    await server.exited;
  }
  const path = join(place.dataDir, 'helper.json');
  await writeFile(path, file);
  const options = ['--organization', 'Acme', '--json'];
  const imported = JSON.parse(await run(['personas', 'import', path, ...options]));
  assert.deepEqual([imported.alias, imported.active_version], ['helper', 1]);
  const other = JSON.parse(await run(['personas', 'import', '-', '--alias', 'other', ...options], file));
  assert.equal(other.alias, 'other');
});
