/** What commands print: the API's JSON for programs, tables for people. */
import type { List, Resource } from '../api/api.ts';
import { printable, table } from './table.ts';

export interface PrintOptions {
  /** Whether the API's JSON is printed. */
  readonly json?: true | undefined;
}

/** A page of a list, with the named fields as columns. `what` is the plural of its entries. */
export function printList(
  page: List,
  { what, columns }: { readonly what: string; readonly columns: readonly string[] },
  { json }: PrintOptions,
): void {
  if (json) {
    printJson(page);
    return;
  }
  if (page.data.length === 0) process.stderr.write(`There are no ${what}.\n`);
  else {
    const rows = page.data.map((entry) => columns.map((name) => show(entry[name])));
    process.stdout.write(table(columns, rows, process.stdout.columns));
  }
  if (page.next_cursor !== null) process.stderr.write(`More follow: add --cursor ${page.next_cursor}\n`);
}

/** One entry, a line for each field; `first` names those that stand first. */
export function printEntry(entry: Resource, { json }: PrintOptions, first: readonly string[] = []): void {
  if (json) {
    printJson(entry);
    return;
  }
  const names = [...new Set([...first.filter((name) => name in entry), ...Object.keys(entry)])];
  const width = Math.max(...names.map(({ length }) => length)) + 2;
  for (const name of names) process.stdout.write(`${name.padEnd(width)}${showWhole(entry[name], width)}\n`);
}

/** What was done where the API has no answer to show; on standard error, so that output stays empty. */
export function printDone(sentence: string): void {
  process.stderr.write(`${printable(sentence)}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** A value in a line: `-` for none, times without fractions. */
function show(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (value === true) return 'yes';
  if (value === false) return 'no';
  if (typeof value === 'string') return value.replace(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+Z$/, '$1Z');
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(show).join(', ');
  if (typeof value === 'object') return Object.keys(value).length === 0 ? '-' : JSON.stringify(value);
  return String(value);
}

/** The same with its line breaks, the further lines below the first. */
function showWhole(value: unknown, indent: number): string {
  return show(value)
    .split(/\r?\n/)
    .map(printable)
    .join(`\n${' '.repeat(indent)}`);
}
