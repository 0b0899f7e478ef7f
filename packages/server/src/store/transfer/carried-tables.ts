/** What is carried from one store to another: the tables and columns that both engines have, by their schemas. */
import { expectedSchema } from '../schema/check-schema.ts';

export interface CarriedTable {
  readonly name: string;
  /** By name. */
  readonly columns: readonly string[];
  /** Those that hold texts, by name: what may be long. */
  readonly texts: readonly string[];
  /** The columns of the primary key, in its order. */
  readonly key: readonly string[];
  /** The column that the database numbers, if there is one. */
  readonly identity: string | undefined;
}

export type Row = Readonly<Record<string, unknown>>;

/** The search index is made anew from the texts: each engine has a form of its own. */
export const madeAnew: ReadonlySet<string> = new Set(['search_document']);
/** What the columns of the search's state get instead: the index lacks the text. */
export const stateColumn = 'search_state';

/** The tables, each behind those that it refers to. */
export function carriedTables(): readonly CarriedTable[] {
  const [sqlite, postgres] = [expectedSchema('sqlite'), expectedSchema('postgres')];
  const columns = Object.keys(postgres)
    .filter((part) => Object.hasOwn(sqlite, part))
    .flatMap((part) => {
      const [, table, column] = /^column ([^.]+)\.(.+)$/.exec(part) ?? [];
      return table === undefined || column === undefined ? [] : [{ table, column }];
    });
  const tables = [...Map.groupBy(columns, ({ table }) => table)]
    .filter(([name]) => !madeAnew.has(name))
    .map(([name, parts]): CarriedTable => {
      const identity = parts.find(({ column }) =>
        postgres[`column ${name}.${column}`]?.startsWith('integer identity'),
      );
      return {
        name,
        columns: parts.map(({ column }) => column).toSorted(),
        texts: parts
          .map(({ column }) => column)
          .filter((column) => postgres[`column ${name}.${column}`]?.startsWith('text'))
          .toSorted(),
        key: keyOf(name, postgres),
        identity: identity?.column,
      };
    });
  return parentsFirst(tables, postgres);
}

function keyOf(table: string, schema: Readonly<Record<string, string>>): readonly string[] {
  for (const [part, kind] of Object.entries(schema)) {
    const [, name, columns] = /^key (\S+) \((.+)\)$/.exec(part) ?? [];
    if (name === table && kind === 'primary' && columns !== undefined) return columns.split(', ');
  }
  throw new Error(`the table ${table} has no primary key`);
}

function parentsFirst(
  tables: readonly CarriedTable[],
  schema: Readonly<Record<string, string>>,
): readonly CarriedTable[] {
  const references = Object.entries(schema).flatMap(([part, text]) => {
    const [, child] = /^reference (\S+) /.exec(part) ?? [];
    const [parent] = text.split(',');
    return child === undefined || parent === undefined || parent === child ? [] : [{ child, parent }];
  });
  const ordered: CarriedTable[] = [];
  const put = (table: CarriedTable): void => {
    if (ordered.includes(table)) return;
    for (const { child, parent } of references) {
      const above = child === table.name ? tables.find(({ name }) => name === parent) : undefined;
      if (above !== undefined) put(above);
    }
    ordered.push(table);
  };
  for (const table of tables) put(table);
  return ordered;
}
