/** Counts and hashes of what a store holds, the same on both engines and in any order of the rows. */
import { hash } from 'node:crypto';
import type { Database } from '../tables.ts';
import { type CarriedTable, type Row, stateColumn } from './carried-tables.ts';
import { readPages } from './read-pages.ts';

export interface TableContent {
  readonly rows: number;
  /** Sum of the SHA-256 of the rows, hexadecimal. */
  readonly digest: string;
}

/** By table. */
export type StoreContent = Readonly<Record<string, TableContent>>;

/** Adds up rows of one table. The columns of the search's state do not count. */
export class ContentSum {
  readonly #columns: readonly string[];
  readonly #words = new Uint32Array(8);
  #rows = 0;

  constructor({ columns }: Pick<CarriedTable, 'columns'>, earlier?: TableContent) {
    this.#columns = columns.filter((column) => column !== stateColumn);
    if (earlier === undefined) return;
    this.#rows = earlier.rows;
    this.#add(Buffer.from(earlier.digest, 'hex'));
  }

  add(row: Row): void {
    this.#rows += 1;
    this.#add(hash('sha256', JSON.stringify(this.#columns.map((column) => row[column] ?? null)), 'buffer'));
  }

  #add(bytes: Buffer): void {
    for (let at = 0; at < 8; at += 1) this.#words[at] = (this.#words[at] ?? 0) + bytes.readUInt32BE(at * 4);
  }

  get content(): TableContent {
    const digest = Buffer.alloc(32);
    for (const [at, word] of this.#words.entries()) digest.writeUInt32BE(word, at * 4);
    return { rows: this.#rows, digest: digest.toString('hex') };
  }
}

export async function readContent(db: Database, tables: readonly CarriedTable[]): Promise<StoreContent> {
  const content: Record<string, TableContent> = {};
  for (const table of tables) {
    const sum = new ContentSum(table);
    for await (const rows of readPages(db, table)) for (const row of rows) sum.add(row);
    content[table.name] = sum.content;
  }
  return content;
}

/** The tables whose contents differ, in a few words each. */
export function differences(expected: StoreContent, found: StoreContent): readonly string[] {
  return Object.entries(expected).flatMap(([name, { rows, digest }]) => {
    const other = found[name];
    if (other === undefined) return [`${name} is missing`];
    if (other.rows !== rows) return [`${name} has ${other.rows} rows instead of ${rows}`];
    return other.digest === digest ? [] : [`${name} has rows that differ`];
  });
}
