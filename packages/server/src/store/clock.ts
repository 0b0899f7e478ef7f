/** The database's own clock, by which leases are kept, in epoch milliseconds. */
import { type RawBuilder, sql } from 'kysely';
import type { StoreEngine } from './tables.ts';

export function databaseNow(engine: StoreEngine): RawBuilder<number> {
  return engine === 'postgres'
    ? sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`
    : sql<number>`cast(unixepoch('subsec') * 1000 as integer)`;
}
