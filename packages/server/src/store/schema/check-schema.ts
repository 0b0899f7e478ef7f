/** Whether a database has the schema that the migrations make, which is kept beside as JSON (`npm run schema` writes it). */
import { readFileSync } from 'node:fs';
import type { Database, StoreEngine } from '../tables.ts';
import { describePostgres } from './describe-postgres.ts';
import { describeSqlite } from './describe-sqlite.ts';
import type { SchemaDescription } from './description.ts';
import { UnfitDatabaseError } from './unfit-database.ts';

export function expectedSchema(engine: StoreEngine): SchemaDescription {
  return JSON.parse(readFileSync(new URL(`./expected-${engine}.json`, import.meta.url), 'utf8'));
}

export function describeSchema(db: Database, engine: StoreEngine): Promise<SchemaDescription> {
  return engine === 'sqlite' ? describeSqlite(db) : describePostgres(db);
}

/**
 * What the schema lacks, has otherwise or has too much, a few words for each. Tables, indexes and triggers that somebody
 * has added are theirs; columns in our tables are not.
 */
export async function findSchemaProblems(db: Database, engine: StoreEngine): Promise<readonly string[]> {
  const [expected, found] = [expectedSchema(engine), await describeSchema(db, engine)];
  const tables = new Set(Object.keys(expected).map(tableOf));
  const gone = [...tables].filter(
    (table) => table !== undefined && !Object.keys(found).some((part) => tableOf(part) === table),
  );
  const differing = Object.entries(expected)
    .filter(([part, text]) => found[part] !== text && !gone.includes(tableOf(part)))
    .map(([part, text]) => {
      const actual = found[part];
      if (actual === undefined) return `${part} is missing`;
      return part.startsWith('trigger') ? `${part} is another one` : `${part} is "${actual}", not "${text}"`;
    });
  const added = Object.keys(found).filter(
    (part) => tableOf(part) !== undefined && tables.has(tableOf(part)) && !Object.hasOwn(expected, part),
  );
  return [
    ...gone.map((table) => `table ${table} is missing`),
    ...differing,
    ...added.map((part) => `${part} is unknown`),
  ];
}

/** The table of a column; undefined for other parts. */
function tableOf(part: string): string | undefined {
  return /^column ([^.]+)\./.exec(part)?.[1];
}

/** As many as fit into a sentence. */
const toldAtMost = 3;

/** @throws UnfitDatabaseError if the schema differs */
export async function requireSchema(db: Database, engine: StoreEngine): Promise<void> {
  const problems = await findSchemaProblems(db, engine);
  if (problems.length === 0) return;
  const more = problems.length > toldAtMost ? ` (and ${problems.length - toldAtMost} more)` : '';
  throw new UnfitDatabaseError(
    `the database's schema is not the one of this version of Colloquy: ${problems.slice(0, toldAtMost).join(', ')}` +
      `${more}; see "A schema that does not fit" in docs/upgrade.md`,
  );
}
