/** Each rule of the architecture finds what breaks it, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findImports, packageOf, resolveImport } from './imports.ts';
import * as rules from './rules.ts';

const tree = (files: Record<string, string>) => new Map(Object.entries(files));

test('the scanner finds every form of import', () => {
  const source = `
import one from 'one';
import { two,
  three } from "./two.ts";
import type { Four } from './four.ts';
import { type Five } from './five.ts';
import * as six from 'six/sub';
import './seven.ts';
export { eight } from './eight.ts';
export * from './nine.ts';
export type { Ten } from './ten.ts';
const eleven = await import('./eleven.ts');
const twelve = new Worker(new URL('./twelve.ts', import.meta.url));
`;
  const found = Object.fromEntries(
    findImports(source).map(({ specifier, typeOnly }) => [specifier, typeOnly]),
  );
  assert.deepEqual(found, {
    one: false,
    './two.ts': false,
    './four.ts': true,
    './five.ts': false,
    'six/sub': false,
    './seven.ts': false,
    './eight.ts': false,
    './nine.ts': false,
    './ten.ts': true,
    './eleven.ts': false,
    './twelve.ts': false,
  });
});

test('the scanner passes over what only looks like one', () => {
  const source = `
/** import one from 'one'; and import('./two.ts') */
// import three from 'three';
const four = await load(); // import('./four.ts')
export const five = Array.from('five');
export function importFrom() { return "x"; }
const six = 'https://host/six'; const seven = \`select a from 'seven'\`;
`;
  assert.deepEqual(findImports(source), []);
});

test('specifiers are resolved and reduced to packages', () => {
  assert.equal(resolveImport('http/dialects/chat/routes.ts', '../../sse.ts'), 'http/sse.ts');
  assert.equal(packageOf('@fastify/swagger/x'), '@fastify/swagger');
  assert.equal(packageOf('node:fs/promises'), 'node:fs');
});

const filesOf = (folder: string, count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${folder}/file-${index}.ts`, '']));

type RuleName = Exclude<keyof typeof rules, 'maxLines'>;
const ruleOf: Readonly<Record<RuleName, rules.Rule>> = rules;

/** For each rule a tree that keeps it, and one that breaks it, with the sentences that the rule gives. */
const cases: Readonly<
  Record<RuleName, readonly [good: Record<string, string>, bad: Record<string, string>, says: string[]]>
> = {
  importsPointDown: [
    {
      'store/open.ts': `import type { Scope } from '../domain/scope.ts';`,
      'http/app.ts': `import '../generation/engine.ts';`,
      'server.ts': `import './http/app.ts';`,
    },
    {
      'domain/ids.ts': `import { x } from '../store/open.ts';`,
      'store/open.ts': `import type { Config } from '../config/config.ts';`,
      'models/registry.ts': `export { x } from '../research/engine.ts';`,
      'http/app.ts': `import('../server.ts');`,
    },
    [
      'domain/ids.ts imports store/open.ts, which is not below it',
      'store/open.ts imports config/config.ts, which is not below it',
      'models/registry.ts imports research/engine.ts, which is not below it',
      'http/app.ts imports server.ts, which is not below it',
    ],
  ],
  innerRoomsPointDown: [
    {
      'research/research.ts': `import './engines/merge-hits.ts';`,
      'research/ranking/rank.ts': `import type { ReadPage } from '../pages/page-reader.ts';`,
      'models/openai/chat.ts': `import '../language-model.ts';\nimport './decoder.ts';`,
    },
    {
      'research/pages/page-reader.ts': `import type { Ranked } from '../ranking/rank.ts';`,
      'models/upstream/attempt.ts': `import '../registry.ts';`,
      'models/language-model.ts': `import './upstream/attempt.ts';`,
    },
    [
      'research/pages/page-reader.ts imports research/ranking/rank.ts, which is above it',
      'models/upstream/attempt.ts imports models/registry.ts, which is above it',
      'models/language-model.ts imports models/upstream/attempt.ts, which is above it',
    ],
  ],
  innerRoomsHaveTheirPlace: [
    { 'research/pages/robots.ts': '', 'research/research.ts': '', 'store/sqlite/store.ts': '' },
    { 'research/attic/robots.ts': '', 'research/attic/pages.ts': '' },
    ["research/attic/ has no place in the order of research's rooms"],
  ],
  onlyTheStoreSeesTables: [
    { 'store/queries/models.ts': `import type { ModelTable } from '../tables.ts';`, 'store/tables.ts': '' },
    { 'http/app.ts': `import type { ModelTable } from '../store/tables.ts';`, 'store/tables.ts': '' },
    ['http/app.ts imports store/tables.ts, which only the store does'],
  ],
  roomsHaveFewFiles: [
    { ...filesOf('http/answer', 13), ...filesOf('store/commands', 40) },
    filesOf('http/answer', 14),
    ['http/answer/ holds 14 files, and at most 13 are allowed'],
  ],
  everyFolderHasItsPlace: [
    { 'store/open.ts': '', 'server.ts': '' },
    { 'stuff/open.ts': '' },
    ['stuff/ has no place in the order of imports'],
  ],
  importsLeadToFiles: [
    { 'a.ts': `import './store/b.ts';`, 'store/b.ts': '' },
    { 'a.ts': `import './store/c.ts';`, 'store/b.ts': '' },
    ['a.ts imports store/c.ts, which is not there'],
  ],
  oneDoorPerDependency: [
    {
      'store/open.ts': `import { Kysely } from 'kysely';\nimport { readFile } from 'node:fs/promises';`,
      'research/page.ts': `import { request } from 'undici';`,
    },
    {
      'http/app.ts': `import { sql } from 'kysely/raw';\nimport { DatabaseSync } from 'node:sqlite';`,
      'auth/keys.ts': `import leftPad from 'left-pad';`,
    },
    [
      'http/app.ts imports kysely, whose door is store',
      'http/app.ts imports node:sqlite, whose door is store',
      'auth/keys.ts imports left-pad, whose door is not in the list',
    ],
  ],
  everyFileIsImported: [
    {
      'cli/cli.ts': `import './start.ts';`,
      'cli/start.ts': `const { main } = await import('../main.ts');`,
      'main.ts': '',
    },
    { 'cli/cli.ts': `import './start.ts';`, 'cli/start.ts': '', 'cli/add.ts': '' },
    ['cli/add.ts is imported by nobody'],
  ],
  dialectsStandAlone: [
    { 'http/dialects/chat/routes.ts': `import './codec.ts';\nimport '../../sse.ts';` },
    { 'http/dialects/chat/routes.ts': `import type { X } from '../chats/codec.ts';` },
    ['http/dialects/chat/routes.ts imports http/dialects/chats/codec.ts of another dialect'],
  ],
  noCycles: [
    {
      'a.ts': `import './b.ts';\nimport './c.ts';`,
      'b.ts': `import './c.ts';`,
      'c.ts': `import type { A } from './d.ts';`,
    },
    {
      'a.ts': `import './b.ts';`,
      'b.ts': `import './c.ts';`,
      'c.ts': `import { b } from './b.ts';`,
      'd.ts': `import type { E } from './e.ts';`,
      'e.ts': `import type { D } from './d.ts';`,
    },
    ['b.ts → c.ts → b.ts is a circle', 'd.ts → e.ts → d.ts is a circle'],
  ],
  environmentOnlyInEnv: [
    { 'config/env.ts': 'process.env.PORT', 'a.ts': '// process.env\nprocess.environment; process.exit(1);' },
    { 'a.ts': 'process.env.PORT', 'b.ts': `process['env']`, 'c.ts': `import { env } from 'node:process';` },
    ['a.ts', 'b.ts', 'c.ts'].map((path) => `${path} reads the environment, which only config/env.ts does`),
  ],
  namesSayWhatIsInside: [
    { 'store/commonplace-book.ts': '', 'http/utility.ts': '' },
    { 'http/utils.ts': '', 'store/sql-helpers.ts': '', 'common/x.ts': '' },
    ['http/utils.ts', 'store/sql-helpers.ts', 'common/x.ts'].map((path) => `${path} is named after nothing`),
  ],
  namesAreKebabCase: [
    { 'store/0001-first.ts': '', 'a-b.test.ts': '', 'a-b.slow.test.ts': '', 'css.d.ts': '' },
    { 'store/openStore.ts': '', 'Http/app.ts': '', 'a_b.ts': '' },
    ['store/openStore.ts', 'Http/app.ts', 'a_b.ts'].map((path) => `${path} is not in kebab-case`),
  ],
  noDefaultExports: [
    { 'a.ts': 'export const x = 1; // export default' },
    { 'a.ts': 'export default 1;' },
    ['a.ts has a default export'],
  ],
  roomsAreSmall: [
    {
      'a.ts': '\n'.repeat(900),
      'b.ts': `/** A table: its lines belong together. */\n${'x\n'.repeat(500)}`,
      'c.ts': 'x\n'.repeat(400),
    },
    { 'a.ts': 'x\n'.repeat(401), 'b.ts': `${'x\n'.repeat(10)}// lines\n${'x\n'.repeat(390)}` },
    ['a.ts', 'b.ts'].map((path) => `${path} has 401 lines and does not say why`),
  ],
  modulesSayWhatTheyAreFor: [
    { 'a.ts': '/** What for. */', 'b.ts': '#!/usr/bin/env node\n/** What for. */' },
    { 'a.ts': `import './b.ts';\n/** Too late. */` },
    ['a.ts does not begin with what it is for'],
  ],
  testsMirrorRooms: [
    {
      'server/src/http/request/cors.ts': '',
      'server/test/http/http-app.ts': '',
      'server/test/http/request/cors.test.ts': '',
      'server/test/faults/kit/run.ts': '',
      'server/test/whole.test.ts': '',
    },
    {
      'server/src/http/request/cors.ts': '',
      'client/src/stream/reader.ts': '',
      'server/test/http/cors/cors.test.ts': '',
      'server/test/stream/reader.test.ts': '',
      'client/test/req/reader.test.ts': '',
    },
    ['server/test/http/cors', 'server/test/stream', 'client/test/req'].map(
      (folder) => `${folder}/ tests no folder of that name`,
    ),
  ],
};

for (const [name, [good, bad, says]] of Object.entries(cases)) {
  test(name, () => {
    const rule = ruleOf[name as RuleName];
    assert.deepEqual(rule(tree(good)), []);
    assert.deepEqual(rule(tree(bad)), says);
  });
}
