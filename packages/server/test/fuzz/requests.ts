/** Requests that are made up from the document: an operation, a caller, and what may be wrong with either. */
import fc from 'fast-check';
import { bodyOf } from './bodies.ts';
import { seldom, weighted } from './choices.ts';
import type { ApiDocument, Operation, Parameter } from './document.ts';
import { absurdTexts, allowed, nearly, place, type Resolve, textOfValue } from './values.ts';

/** Who may call; `world.ts` has the credential of each. */
export const callers = [
  'operator',
  'orgAdmin',
  'owner',
  'member',
  'guest',
  'prodKey',
  'testKey',
  'ada',
  'ben',
  'otherKey',
  'otherAdmin',
  'revoked',
  'expired',
  'bad',
  'none',
] as const;
export type Caller = (typeof callers)[number];

/** Where the credential stands. */
export type CredentialPlace = 'bearer' | 'x-api-key' | 'access_token' | 'both' | 'twice' | 'two' | 'scheme';

/** A request before the world's ids are put in. It is plain data, so that it can be printed and played again. */
export interface Plan {
  readonly operation: string;
  readonly method: string;
  /** The path's pieces; those that are `raw` stand in the request line as they are. */
  readonly path: readonly (string | { readonly raw: string })[];
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly rawQuery: string;
  readonly caller: Caller;
  readonly credential: CredentialPlace;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly contentType: string | null;
  /** Its text; undefined for none. */
  readonly body: string | undefined;
  /** Whether the body's characters are its bytes. */
  readonly isLatin1: boolean;
  readonly isChunked: boolean;
}

export function planArbitrary(document: ApiDocument): fc.Arbitrary<Plan> {
  return fc.oneof(
    ...document.operations.map((operation) => ({
      arbitrary: planOf(operation, document.resolve),
      // What is deleted is not there for the requests behind it.
      weight: operation.method === 'DELETE' ? 1 : 4,
    })),
  );
}

function planOf(operation: Operation, resolve: Resolve): fc.Arbitrary<Plan> {
  const query = operation.parameters.filter((parameter) => parameter.in === 'query');
  const body = bodyOf(operation, resolve);
  return fc.record({
    operation: fc.constant(operation.id),
    method: seldom(operation.method, oddMethods, 25),
    path: pathOf(operation, resolve),
    query: queryOf(query, resolve),
    rawQuery: seldom('', rawQueries, 15),
    caller: callerOf(operation),
    credential: seldom<CredentialPlace>(
      'bearer',
      fc.constantFrom('x-api-key', 'access_token', 'both', 'twice', 'two', 'scheme'),
      14,
    ),
    headers: headersOf(operation, resolve),
    contentType: seldom<string | null>('application/json', contentTypes, 15),
    body,
    isLatin1: seldom(false, fc.boolean(), 20),
    isChunked: seldom(false, fc.boolean(), 10),
  });
}

const oddMethods = fc.constantFrom(
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'LOCK',
  'QUERY',
  'SEARCH',
);

function callerOf({ path }: Operation): fc.Arbitrary<Caller> {
  const usual: Caller[] = path.startsWith('/api/admin')
    ? ['operator', 'operator', 'orgAdmin', 'owner']
    : ['prodKey', 'prodKey', 'ada', 'testKey', 'member', 'owner'];
  return weighted([5, fc.constantFrom(...usual)], [1, fc.constantFrom(...callers)]);
}

const rawSegments = fc.constantFrom(
  '',
  '.',
  '..',
  '%2e%2e',
  '%2F',
  '%',
  '%0',
  '%zz',
  '%00',
  '%c0%af',
  '%ed%a0%80',
  '%ff%fe',
  '%F0%9F%92%A5',
  ';a=b',
  '*',
  ':id',
  '{id}',
  'a'.repeat(300),
  'a'.repeat(1100),
  '\u00ff\u00fe',
);

function pathOf({ path, parameters }: Operation, resolve: Resolve): fc.Arbitrary<Plan['path']> {
  const pieces = path.split(/(\{\w+\})/).map((piece): fc.Arbitrary<Plan['path'][number]> => {
    const name = /^\{(\w+)\}$/.exec(piece)?.[1];
    if (name === undefined) return fc.constant({ raw: piece });
    const { schema = { type: 'string' } } = parameters.find((one) => one.name === name) ?? {};
    return weighted<Plan['path'][number]>(
      [50, allowed(schema, name, resolve, path).map((value) => textOfValue(value))],
      [1, nearly(schema, name, resolve, path).map((value) => textOfValue(value))],
      [1, fc.constantFrom(...absurdTexts)],
      [1, rawSegments.map((raw) => ({ raw }))],
    );
  });
  const tail = seldom<{ raw: string }>(
    { raw: '' },
    fc.constantFrom('/', '//', '/.', '%20', '/x').map((raw) => ({ raw })),
    40,
  );
  return fc
    .tuple(fc.tuple(...pieces), tail)
    .map(([most, last]) => (last.raw === '' ? most : [...most, last]));
}

function queryOf(parameters: readonly Parameter[], resolve: Resolve): fc.Arbitrary<Plan['query']> {
  const pairs = parameters.map(({ name, schema, required = false }) => {
    const good = allowed(schema, name, resolve).map((value) => [[name, textOfValue(value)]]);
    const near = nearly(schema, name, resolve).map((value) => [[name, textOfValue(value)]]);
    const odd = fc.constantFrom(...absurdTexts).map((value) => [[name, value]]);
    const twice = fc.tuple(good, fc.oneof(good, odd)).map(([one, two]) => [...one, ...two]);
    const inBrackets = good.map((one) => one.map(([, value = '']) => [`${name}[]`, value]));
    const left = fc.constant([]);
    return weighted<readonly (readonly string[])[]>(
      [required ? 30 : 6, good],
      [2, near],
      [2, odd],
      [1, twice],
      [1, inBrackets],
      [required ? 1 : 12, left],
    );
  });
  const stray = seldom<readonly (readonly string[])[]>(
    [],
    fc.constantFrom([['__proto__', 'x']], [['unknown', '1']], [['org_id', 'x']], [['environment', 'test']]),
  );
  return fc.tuple(...pairs, stray).map((parts) => parts.flat() as unknown as Plan['query']);
}

const rawQueries = fc.constantFrom(
  '%',
  'limit=%zz',
  'q=%ff',
  '&&&=',
  'a'.repeat(3000),
  'limit=1&'.repeat(200),
  '=x',
  'limit=%00',
  'cursor=%ed%a0%80',
  'org_id',
  '?limit=1',
  'access_token=',
  'access_token=x&access_token=y',
  'environment=test',
  'environment=staging',
);

const contentTypes = fc.constantFrom(
  null,
  '',
  'text/plain',
  'application/json; charset=utf-8',
  'application/json; charset=utf-16',
  'application/json;charset="UTF-8"',
  'APPLICATION/JSON',
  'application/vnd.api+json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json, text/plain',
  'application/json; boundary=\u00ff',
  ';',
);

const strayHeaders = fc.constantFrom<readonly [string, string]>(
  ['origin', 'https://evil.example'],
  ['origin', 'null'],
  ['origin', 'http://127.0.0.1'],
  ['access-control-request-method', 'POST'],
  ['content-encoding', 'gzip'],
  ['content-encoding', 'identity'],
  ['accept', 'text/event-stream'],
  ['accept', 'application/json'],
  ['accept', '*/*;q=0'],
  ['accept', '\u00ff,,;'],
  ['accept-encoding', 'gzip, br'],
  ['range', 'bytes=0-1'],
  ['if-none-match', '*'],
  ['if-modified-since', 'x'],
  ['x-forwarded-for', '1.2.3.4'],
  ['x-http-method-override', 'DELETE'],
  ['host', 'evil.example'],
  ['host', ''],
  ['host', 'localhost:99999'],
  ['host', '[::1'],
  ['host', 'a b'],
  ['sec-fetch-site', 'cross-site'],
  ['expect', '100-continue'],
  ['expect', 'something'],
  ['upgrade', 'websocket'],
  ['te', 'trailers'],
  ['x-request-id', 'mine'],
  ['x-client-id', 'x'.repeat(300)],
  ['__proto__', 'x'],
  ['x-large', 'x'.repeat(15_000)],
  ['x-large', 'x'.repeat(17_000)],
  ['cookie', 'a=b'],
  ['idempotency-key', ''],
  ['idempotency-key', 'a'.repeat(256)],
  ['idempotency-key', '\u00e4'],
  ['idempotency-key', 'the same one'],
  ['last-event-id', ''],
  ['last-event-id', '0'],
  ['last-event-id', '\u00ff:1'],
  ['last-event-id', '-1'],
);

function headersOf(operation: Operation, resolve: Resolve): fc.Arbitrary<Plan['headers']> {
  const { parameters } = operation;
  const own = parameters
    .filter((parameter) => parameter.in === 'header')
    .map(({ name, schema }) =>
      weighted<Plan['headers']>(
        [8, fc.constant([])],
        [1, allowed(schema, name, resolve).map((value) => [[name, oneLine(value)]] as const)],
      ),
    );
  const events = weighted<Plan['headers']>(
    [25, fc.constant([])],
    [
      1,
      fc
        .tuple(place('generation'), fc.constantFrom('1', '2', '3.1', '99999', '0', '4294967296', '1.0', 'x'))
        .map(([id, seq]) => [['last-event-id', `${id}:${seq}`]] as const),
    ],
  );
  const stray = weighted<Plan['headers']>(
    [4, fc.constant([])],
    [1, strayHeaders.map((one) => [one])],
    [1, fc.array(strayHeaders, { minLength: 2, maxLength: 4 })],
  );
  return fc.tuple(...own, events, stray, ofOwnPage(operation)).map((all) => all.flat());
}

/** What a page of the server sends, without which hardly anything of the console's is looked at. */
function ofOwnPage({ path, method, body }: Operation): fc.Arbitrary<Plan['headers']> {
  if (!path.startsWith('/api/console/')) return fc.constant([]);
  const site = ['sec-fetch-site', 'same-origin'] as const;
  const type = ['content-type', 'application/json'] as const;
  const hasNoBody = body === undefined && method !== 'GET';
  const page = hasNoBody ? [site, type] : [site];
  return weighted<Plan['headers']>(
    [12, place('cookie').map((secret) => [...page, ['cookie', `colloquy=${secret}`] as const])],
    [2, fc.constant(page)],
    [1, fc.constant([])],
  );
}

/** A text that can stand in a header: one byte a character, none of them a control character. */
function oneLine(value: unknown): string {
  return textOfValue(value).replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');
}
