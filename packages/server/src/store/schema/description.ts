/** A schema as a list of its parts, in words that are the same however the database formats what it was told. */
import { createHash } from 'node:crypto';

/** The part (`column message.text`, `index message_position`) and what it is like (`text not null`). */
export type SchemaDescription = Readonly<Record<string, string>>;

export interface ColumnRow {
  readonly table_name: string;
  readonly name: string;
  readonly type: string;
  readonly is_required: boolean | number;
  readonly default_value: string | null;
}

/** A row of one column of an index; rows of one index follow each other, in the order of its columns. */
export interface IndexRow {
  readonly table_name: string;
  readonly name: string;
  readonly column_name: string;
  readonly is_descending: boolean | number;
  readonly is_unique: boolean | number;
  /** Whether it came with `unique` or `primary key` in the table, and so has a name of the database's making. */
  readonly is_constraint: boolean | number;
  readonly is_primary: boolean | number;
  readonly method: string;
  /** What it is partial to, as SQL; null: it is whole. */
  readonly predicate: string | null;
}

export interface ReferenceRow {
  readonly table_name: string;
  readonly column_name: string;
  readonly target: string;
  readonly on_delete: string;
}

export interface TriggerRow {
  readonly table_name: string;
  readonly name: string;
  /** What it does, and when. */
  readonly definition: string;
}

export interface SchemaRows {
  readonly columns: readonly ColumnRow[];
  readonly indexes: readonly IndexRow[];
  readonly references: readonly ReferenceRow[];
  readonly triggers: readonly TriggerRow[];
}

export function describe({ columns, indexes, references, triggers }: SchemaRows): SchemaDescription {
  const parts: [string, string][] = [
    ...columns.map((column): [string, string] => [
      `column ${column.table_name}.${column.name}`,
      [
        column.type.toLowerCase(),
        ...(column.is_required ? ['not null'] : []),
        ...(column.default_value === null ? [] : [`default ${plain(column.default_value)}`]),
      ].join(' '),
    ]),
    ...[...Map.groupBy(indexes, ({ name }) => name)].map(([name, rows]) => describeIndex(name, rows)),
    ...references.map((row): [string, string] => [
      `reference ${row.table_name} (${row.column_name})`,
      `${row.target}, on delete ${row.on_delete.toLowerCase()}`,
    ]),
    ...triggers.map((row): [string, string] => [
      `trigger ${row.name}`,
      `on ${row.table_name} ${digest(row.definition)}`,
    ]),
  ];
  return Object.fromEntries(parts.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function describeIndex(name: string, rows: readonly IndexRow[]): [string, string] {
  const [index] = rows;
  if (index === undefined) throw new Error(`the index ${name} has no columns`);
  const columns = rows.map((row) => `${row.column_name}${row.is_descending ? ' desc' : ''}`).join(', ');
  const unique = index.is_unique ? 'unique' : 'not unique';
  if (index.is_constraint)
    return [`key ${index.table_name} (${columns})`, index.is_primary ? 'primary' : unique];
  const predicate = index.predicate === null ? '' : ` where ${plain(index.predicate)}`;
  return [`index ${name}`, `${unique} ${index.method} on ${index.table_name} (${columns})${predicate}`];
}

/** Without what databases add to an expression: casts, brackets, blanks. */
function plain(expression: string): string {
  return expression
    .toLowerCase()
    .replaceAll(/::[a-z ]+(\[\])?/g, '')
    .replaceAll(/[()\s]+/g, ' ')
    .trim();
}

function digest(definition: string): string {
  const text = definition.replaceAll(/\s+/g, ' ').trim();
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
