/** Tables are read in pages that are bounded by rows and by bytes. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace } from 'colloquy-testkit/place';
import { sql } from 'kysely';
import { migrations } from '../../../src/store/migrate.ts';
import { carriedTables } from '../../../src/store/transfer/carried-tables.ts';
import { openForReads } from '../../../src/store/transfer/place.ts';
import { readPages } from '../../../src/store/transfer/read-pages.ts';
import { makeOldDatabase } from '../migrations/old-database.ts';

const mebibyte = 1024 * 1024;
const bytesOf = (row: Readonly<Record<string, unknown>>): number =>
  Buffer.byteLength(`${row.name}${row.value}`);

onBothStores('pages of a table', (engine) => {
  test('have at most 500 rows and 4 MiB, or one row', async (t) => {
    const place = await emptyPlace(engine);
    t.after(() => rm(place.dataDir, { recursive: true, force: true }));
    const names = Array.from({ length: 1100 }, (_, n) => `row-${String(n).padStart(4, '0')}`);
    // Two bytes for each character, so that characters are not taken for bytes.
    const long = new Map([300, 301, 302, 303, 304, 305, 306].map((n) => [n, 'é'.repeat(mebibyte / 2)]));
    long.set(700, 'x'.repeat(6 * mebibyte));
    await makeOldDatabase(place, engine, Object.keys(migrations).length, async (db) => {
      const values = names.map((name, n) => sql`(${name}, ${long.get(n) ?? 'short'})`);
      await sql`insert into setting (name, value) values ${sql.join(values)}`.execute(db);
    });
    await using store = await openForReads(place);
    const table = carriedTables().find(({ name }) => name === 'setting') ?? assert.fail();
    const read: unknown[] = [];
    const pages: { rows: number; bytes: number }[] = [];
    for await (const rows of readPages(store.db, table)) {
      read.push(...rows.map(({ name }) => name));
      pages.push({ rows: rows.length, bytes: rows.reduce((sum, row) => sum + bytesOf(row), 0) });
    }
    assert.deepEqual(read, names);
    assert.ok(
      pages.every(({ rows, bytes }) => rows <= 500 && (bytes <= 4 * mebibyte || rows === 1)),
      JSON.stringify(pages),
    );
    assert.ok(pages.length <= 8, JSON.stringify(pages));
    const [middle = assert.fail()] = names.slice(699, 700);
    for await (const rows of readPages(store.db, table, [middle])) {
      assert.deepEqual(
        rows.map(({ name }) => name),
        ['row-0700'],
      );
      break;
    }
  });
});
