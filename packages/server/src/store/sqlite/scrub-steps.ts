/** The steps that take erased data out of the database's files, as the writer's thread runs them. */
import type { DatabaseSync } from 'node:sqlite';
import type { ScrubStep } from './protocol.ts';

/** Pages of the search index that a step writes, in about two milliseconds. */
const pagesAtOnce = 64;

/** Returns whether the step is done; see `ScrubStep`. */
export function takeScrubStep(database: DatabaseSync, step: ScrubStep): boolean {
  switch (step) {
    case 'begin-merge':
      // A negative number makes all parts of the index one.
      return mergeTokens(database, -pagesAtOnce);
    case 'merge':
      return mergeTokens(database, pagesAtOnce);
    case 'compact':
      database.exec('vacuum');
      return true;
    case 'truncate':
      return truncateWriteAhead(database);
  }
}

/** Returns whether nothing is left to merge (https://www.sqlite.org/fts5.html#the_merge_command). */
function mergeTokens(database: DatabaseSync, pages: number): boolean {
  const before = changesOf(database);
  database.prepare("insert into search_tokens (search_tokens, rank) values ('merge', ?)").run(pages);
  return changesOf(database) - before < 2;
}

function changesOf(database: DatabaseSync): number {
  const { total } = database.prepare('select total_changes() as total').get() as { readonly total: number };
  return total;
}

function truncateWriteAhead(database: DatabaseSync): boolean {
  // Waiting for a reader would hold up all writes.
  database.exec('pragma busy_timeout = 0');
  try {
    const row = database.prepare('pragma wal_checkpoint(truncate)').get() as { readonly busy: number };
    return row.busy === 0;
  } finally {
    database.exec('pragma busy_timeout = 5000');
  }
}
