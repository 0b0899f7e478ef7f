/** Looks for what must never be in a store: damage of the file, another schema, and rows that contradict each other. */
import { sql } from 'kysely';
import { inSnapshot } from '../reports/snapshot.ts';
import { findSchemaProblems } from '../schema/check-schema.ts';
import type { Database, StoreEngine } from '../tables.ts';
import { findBrokenLogs } from './log-content.ts';
import { rules } from './rules.ts';

export interface Finding {
  /** What was looked at: `schema`, `file`, `references`, or the name of a rule. */
  readonly rule: string;
  /** A sentence. */
  readonly problem: string;
}

/** How many ids a finding names at most. */
const namedAtMost = 5;

/** Reads one snapshot; changes nothing. An empty list: all is well. */
export async function checkStore(store: Database, engine: StoreEngine): Promise<readonly Finding[]> {
  return await inSnapshot(store, engine, async (db) => {
    const found: Finding[] = engine === 'sqlite' ? await checkFile(db) : [];
    const schema = await findSchemaProblems(db, engine);
    const note = (rule: string, problem: string, ids: readonly string[]): void => {
      if (ids.length === 0) return;
      const named = ids.slice(0, namedAtMost).join(', ');
      const more = ids.length > namedAtMost ? ` and ${ids.length - namedAtMost} more` : '';
      found.push({ rule, problem: `${problem}: ${named}${more}` });
    };
    found.push(...schema.map((problem) => ({ rule: 'schema', problem: `the ${problem}` })));
    // The rules' queries need the tables.
    if (schema.length > 0) return found;
    for (const [rule, { problem, broken }] of Object.entries(rules)) {
      const { rows } = await broken.execute(db);
      note(
        rule,
        problem,
        rows.map(({ id }) => id),
      );
    }
    for (const { rule, problem, ids } of await findBrokenLogs(db)) note(rule, problem, ids);
    return found;
  });
}

async function checkFile(db: Database): Promise<Finding[]> {
  const integrity = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
  const references = await sql<{ table: string; parent: string }>`pragma foreign_key_check`.execute(db);
  return [
    ...integrity.rows
      .filter((row) => row.integrity_check !== 'ok')
      .map((row) => ({ rule: 'file', problem: `the file is damaged: ${row.integrity_check}` })),
    ...[...new Set(references.rows.map(({ table, parent }) => `${table} refers to rows of ${parent}`))].map(
      (words) => ({ rule: 'references', problem: `the table ${words} that are not there` }),
    ),
  ];
}
