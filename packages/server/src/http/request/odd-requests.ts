/** Refuses requests that are valid HTTP, but that this server would misread: before anybody is asked who is calling. */
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AppError } from '../../domain/errors.ts';
import { UnsupportedMediaError } from '../answer/errors.ts';

const credentialHeaders: ReadonlySet<string> = new Set(['authorization', 'x-api-key']);
/** No header name but those of credentials is looked at twice: these are their lengths. */
const credentialLengths: ReadonlySet<number> = new Set([...credentialHeaders].map(({ length }) => length));

export function refuseOddRequests(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    done(refusalOf(request));
  });
  app.addHook('preParsing', (request, _reply, payload, done) => {
    done(isBodyRead(request) ? mediaRefusalOf(request.headers) : undefined, payload);
  });
}

function refusalOf({ raw }: FastifyRequest): AppError | undefined {
  // Node would refuse it with an answer of its own, without an id.
  if (raw.headers.host === undefined && raw.httpVersion === '1.1') {
    return new AppError('invalid_request', 'the header Host is missing');
  }
  return repeatedCredential(raw);
}

/**
 * Node takes the first `Authorization` and joins every `X-API-Key`. The same value counts once; which of two values the
 * caller means is not known.
 */
function repeatedCredential({ headers, rawHeaders }: IncomingMessage): AppError | undefined {
  let seen: Map<string, string> | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const written = rawHeaders[index] ?? '';
    if (!credentialLengths.has(written.length)) continue;
    const name = written.toLowerCase();
    if (!credentialHeaders.has(name)) continue;
    const value = rawHeaders[index + 1] ?? '';
    const before = seen?.get(name);
    if (before !== undefined && before !== value) {
      return new AppError('invalid_request', `the header ${written} stands twice, with different values`);
    }
    if (before !== undefined) headers[name] = value;
    seen ??= new Map();
    seen.set(name, value);
  }
  return undefined;
}

/** A GET's body is passed over, whatever it is. */
function isBodyRead({ method }: FastifyRequest): boolean {
  return method !== 'GET' && method !== 'HEAD';
}

function mediaRefusalOf(headers: FastifyRequest['headers']): AppError | undefined {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') {
    return new UnsupportedMediaError(
      `Content-Encoding must be absent or identity, not ${shown(encoding)}: the body is not decoded`,
    );
  }
  const [, charset] = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(headers['content-type'] ?? '') ?? [];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    return new UnsupportedMediaError(`the charset of the body must be utf-8, not ${shown(charset)}`);
  }
  return undefined;
}

function shown(value: string): string {
  return value.slice(0, 50);
}
