/** The schema that the program expects is the one that the migrations make; another one is told at start. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace } from 'colloquy-testkit/place';
import { findPostgres } from 'colloquy-testkit/services';
import { type Kysely, sql } from 'kysely';
import { migrations } from '../../../src/store/migrate.ts';
import { openStore } from '../../../src/store/open.ts';
import { expectedSchema } from '../../../src/store/schema/check-schema.ts';
import { makeOldDatabase, schemaOfMigrations } from './old-database.ts';

test('no released migration was edited', () => {
  const folder = new URL('../../../src/store/migrations/', import.meta.url);
  const released: Record<string, string> = JSON.parse(
    readFileSync(new URL('./released-migrations.json', import.meta.url), 'utf8'),
  );
  const files = new Set(readdirSync(folder));
  for (const [name, expected] of Object.entries(released)) {
    assert.ok(files.has(name), `${name} was released; databases know its name`);
    const hash = createHash('sha256')
      .update(readFileSync(new URL(name, folder)))
      .digest('hex');
    assert.equal(hash, expected, `${name} was released and must stay as it is: write another migration`);
  }
});

onBothStores('the expected schema', (engine) => {
  test('is what the migrations make; after a new one, run `npm run schema`', async (t) => {
    const place = await emptyPlace(engine);
    t.after(() => rm(place.dataDir, { recursive: true, force: true }));
    assert.deepEqual(expectedSchema(engine), await schemaOfMigrations(place, engine));
  });

  const edits: readonly [name: string, statements: readonly string[], told: RegExp | undefined][] = [
    [
      'an index that is gone and a column of another type',
      [
        'drop index message_position',
        'alter table model drop column learnt_prompts',
        'alter table model add column learnt_prompts bigint',
      ],
      /column model\.learnt_prompts is "bigint", not "text", index message_position is missing; see .*docs\/upgrade\.md$/,
    ],
    [
      'many parts that are gone',
      [
        'drop table job_lease',
        ...['preset', 'headers', 'query'].map((name) => `alter table model drop ${name}`),
      ],
      /table job_lease is missing, column model\.headers is missing, .* \(and 2 more\)/,
    ],
    [
      'a column that nobody knows',
      ['alter table message add column mood text'],
      /column message\.mood is unknown/,
    ],
    [
      'another trigger of that name',
      engine === 'sqlite'
        ? [
            'drop trigger model_call_noted',
            'create trigger model_call_noted after insert on model_call begin select 1; end',
          ]
        : [
            'create or replace function model_call_noted() returns trigger language plpgsql as $$ begin return null; end $$',
          ],
      /trigger model_call_noted is another one/,
    ],
    [
      'what an operator has added',
      ['create table mine (id text primary key)', 'create index mine_too on message (model_id)'],
      undefined,
    ],
  ];
  for (const [name, statements, told] of edits) {
    test(`${name} ${told === undefined ? 'is theirs' : 'is told'}`, async (t) => {
      const place = await emptyPlace(engine);
      t.after(() => rm(place.dataDir, { recursive: true, force: true }));
      await makeOldDatabase(place, engine, Object.keys(migrations).length, async (db: Kysely<unknown>) => {
        for (const statement of statements) await sql.raw(statement).execute(db);
      });
      const opening = openStore({ ...place, poolSize: 2, onConnectionError: () => {} });
      if (told === undefined) return void (await (await opening)[Symbol.asyncDispose]());
      await assert.rejects(opening, (error: Error) => {
        assert.equal(error.name, 'UnfitDatabaseError');
        assert.match(error.message, told);
        return true;
      });
    });
  }
});

const postgres = await findPostgres();
const hasTools = spawnSync('pg_dump', ['--version']).status === 0;
const skip = 'skip' in postgres ? postgres.skip : hasTools ? false : 'pg_dump is not installed';

test('a database that pg_restore has made is as expected', { skip }, async (t) => {
  const [from, to] = [await emptyPlace('postgres'), await emptyPlace('postgres')];
  t.after(() => Promise.all([from, to].map(({ dataDir }) => rm(dataDir, { recursive: true, force: true }))));
  const open = (place: typeof from) => openStore({ ...place, poolSize: 2, onConnectionError: () => {} });
  await (await open(from))[Symbol.asyncDispose]();
  const file = join(from.dataDir, 'dump');
  const run = (command: string, ...args: string[]) => {
    const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  };
  run('pg_dump', '--format=custom', `--file=${file}`, from.databaseUrl ?? '');
  run('pg_restore', '--exit-on-error', '--no-owner', `--dbname=${to.databaseUrl}`, file);
  await (await open(to))[Symbol.asyncDispose]();
});
