/** Reads request bodies, which must be JSON in UTF-8. */
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { AppError, invalid } from '../../domain/errors.ts';
import { deepestLevels, nestsDeeper } from '../../domain/text/json.ts';
import { wrongMediaType } from '../answer/errors.ts';
import { findJsonError } from './json-position.ts';

/** Levels of nesting in a body; no schema has as many. */
const maxDepth = 32;
/** Characters of a name that messages show. */
const maxShownName = 100;

/**
 * Parses a body. An empty one is `undefined`, which only routes without a body accept.
 * @throws AppError invalid_json with line and column; invalid_request for text that can't be stored
 */
export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) throw new AppError('invalid_json', 'the body is not valid UTF-8');
  const text = body.toString('utf8').replace(/^\uFEFF/, '');
  if (nestsDeeper(text, deepestLevels)) throw tooDeep('');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const { line, column, message } = findJsonError(text);
    const where = `line ${line}, column ${column}`;
    throw new AppError('invalid_json', `the body is not valid JSON: ${message} (${where})`, {}, { cause });
  }
  checkText(value, '', 0);
  return value;
}

/** Refuses texts with a NUL, which PostgreSQL cannot store, or a lone surrogate, which UTF-8 cannot encode. */
function checkText(value: unknown, path: string, depth: number): void {
  if (typeof value === 'string') {
    checkString(value, path);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth === maxDepth) throw tooDeep(path);
  for (const [name, child] of Object.entries(value)) {
    if (!Array.isArray(value)) checkString(name, path);
    checkText(child, path === '' ? shortName(name) : `${path}.${shortName(name)}`, depth + 1);
  }
}

function tooDeep(path: string): AppError {
  return invalid(path, `the body is nested deeper than ${maxDepth} levels`);
}

/** A name as messages show it. */
export function shortName(name: string): string {
  return name.length <= maxShownName ? name : `${name.slice(0, maxShownName).toWellFormed()}…`;
}

/** @throws AppError invalid_request */
export function checkString(value: string, path: string): void {
  const what = path === '' ? 'the body' : path;
  if (value.includes('\0')) throw invalid(path, `${what} must not contain the character U+0000`);
  if (!value.isWellFormed()) throw invalid(path, `${what} must not contain a lone surrogate`);
}

/** Makes JSON the only content type that an instance and its children accept. */
export function acceptOnlyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(body as Buffer));
    } catch (error) {
      done(error as Error, undefined);
    }
  });
  app.addContentTypeParser('*', (_request, _payload, done) => done(wrongMediaType(), undefined));
}
