/** The server's sources keep the architecture of `docs/architecture.md`. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { SourceTree } from './imports.ts';
import * as rules from './rules.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

function readTree(directory: string): SourceTree {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.split(sep).includes('node_modules') && !path.split(sep).includes('fixtures'));
  return new Map(
    files.map((path) => [relative(directory, path).split(sep).join('/'), readFileSync(path, 'utf8')]),
  );
}

const sources = readTree(join(root, 'packages/server/src'));
const everything = new Map([...readTree(join(root, 'packages')), ...readTree(join(root, 'bench'))]);
const {
  maxLines,
  roomsAreSmall,
  namesSayWhatIsInside,
  namesAreKebabCase,
  testsMirrorRooms,
  ...rulesOfSources
} = rules;

test('there is something to look at', () => {
  assert.ok(sources.has('config/env.ts') && sources.has('domain/errors.ts'));
  assert.ok(everything.has('server/test/architecture/architecture.test.ts'));
});

for (const [name, rule] of Object.entries(rulesOfSources)) {
  test(`sources: ${name}`, () => assert.deepEqual(rule(sources), []));
}

for (const [name, rule] of Object.entries({
  roomsAreSmall,
  namesSayWhatIsInside,
  namesAreKebabCase,
  testsMirrorRooms,
})) {
  test(`sources, tests and benches (at most ${maxLines} lines): ${name}`, () =>
    assert.deepEqual(rule(everything), []));
}
