/**
 * Reads values of request bodies whose shape depends on other fields, which a schema could only refuse as a whole. Null
 * counts as absent; a path looks like `input[2].content[0].type`.
 */
import { type AppError, invalid } from '../../domain/errors.ts';

export type Fields = Readonly<Record<string, unknown>>;

function wrongType(path: string, article: string): AppError {
  return invalid(path, `${path} must be ${article}`, 'type');
}

export function missing(path: string): AppError {
  return invalid(path, `${path} is required`, 'missing');
}

/** `words` are allowed. */
export function oneOfWords(path: string, words: readonly string[]): AppError {
  return invalid(path, `${path} must be one of ${words.map((word) => JSON.stringify(word)).join(', ')}`);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws AppError invalid_request, as all below */
export function readFields(value: unknown, path: string): Fields {
  if (value === undefined || value === null) throw missing(path);
  if (!isFields(value)) throw wrongType(path, 'an object');
  return value;
}

export function readList(value: unknown, path: string): readonly unknown[] {
  if (value === undefined || value === null) throw missing(path);
  if (!Array.isArray(value)) throw wrongType(path, 'an array');
  return value;
}

export function readText(value: unknown, path: string): string {
  if (value === undefined || value === null) throw missing(path);
  if (typeof value !== 'string') throw wrongType(path, 'a string');
  return value;
}

export function optionalText(value: unknown, path: string): string | undefined {
  return value === undefined || value === null ? undefined : readText(value, path);
}

export function optionalFlag(value: unknown, path: string): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw wrongType(path, 'true or false');
  return value;
}

export function readWord<const Words extends readonly string[]>(
  value: unknown,
  path: string,
  words: Words,
): Words[number] {
  const text = readText(value, path);
  const found = words.find((word) => word === text);
  if (found === undefined) throw oneOfWords(path, words);
  return found;
}
