/** Rows by what clients keep beside them. */
import { type RawBuilder, sql } from 'kysely';
import type { Metadata } from '../../domain/message.ts';
import type { StoreEngine } from '../tables.ts';

export interface MetadataFilter {
  readonly engine: StoreEngine;
  /** At least one. */
  readonly pairs: Metadata;
}

/** Whether the row's `metadata` has all of these pairs. */
export function hasMetadata({ engine, pairs }: MetadataFilter, column = 'metadata'): RawBuilder<boolean> {
  const metadata = sql.ref(column);
  const conditions = Object.entries(pairs).map(([name, text]) =>
    engine === 'postgres'
      ? sql`${metadata}::json ->> ${name} = ${text}`
      : sql`exists (select 1 from json_each(${metadata}) pair where pair.key = ${name} and pair.value = ${text})`,
  );
  return sql`(${sql.join(conditions, sql` and `)})`;
}
