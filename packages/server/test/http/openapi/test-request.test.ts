/**
 * "Test Request" of `/docs`, for every operation: what the page sends without a change is answered with success, or the
 * only thing wrong with it is an id, which the page can't know. With ids of what is there it succeeds.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Row } from 'colloquy-testkit/matrix/row';
import { matrixRows } from 'colloquy-testkit/matrix/rows';
import { makeWorld, type World } from 'colloquy-testkit/matrix/world';
import { startTestServer } from 'colloquy-testkit/server';
import { exampleId } from '../../../src/http/openapi/fields.ts';
import { Browser, password, setUp } from '../sign-in/browser.ts';
import {
  operationsOf,
  type PageRequest,
  type PlacedOperation,
  pageRequest,
  type ShownDocument,
  takesAdminKey,
} from './page-requests.ts';

const server = await startTestServer('sqlite', {
  // Passkeys are for host names alone.
  environment: { SEARXNG_URL: 'http://127.0.0.1:9', HOST: '127.0.0.1', PUBLIC_URL: 'http://localhost:8080' },
});
const operations = operationsOf(
  (await (await fetch(`${server.url}/docs/openapi.json`)).json()) as ShownDocument,
);
const rows = matrixRows(server.upstream);

/** The row of the matrix for an operation, which knows how to make what the operation needs. */
function rowOf({ method, path }: PlacedOperation): Row {
  const pattern = path.replace('{path}', '*').replaceAll(/\{(\w+)\}/g, ':$1');
  return rows[`${method} ${pattern}`] ?? assert.fail(`${method} ${pattern} has no row in the matrix`);
}

/** Whether it is or has the id of the examples, in one of the forms in which ids are written. */
function isId(value: unknown): boolean {
  const text = JSON.stringify(value) ?? '';
  return [exampleId, exampleId.replaceAll('-', '')].some((id) => text.includes(id));
}

/** The example with ids of what is there, from a request that works. */
function withIds(example: unknown, working: unknown): unknown {
  if (typeof example !== 'object' || example === null) return isId(example) ? (working ?? example) : example;
  if (Array.isArray(example))
    return example.map((one, index) => withIds(one, Array.isArray(working) ? working[index] : undefined));
  const fields = (working ?? {}) as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.entries(example).map(([name, one]) => [name, withIds(one, fields[name])]));
}

/** The request with the parameters of one that works: those of the path, and ids in query and body. */
function requestWithIds(operation: PlacedOperation, working: { path: string; body?: unknown }): PageRequest {
  const { pathname, searchParams } = new URL(working.path, server.url);
  const pattern = operation.path.replaceAll(
    /\{(\w+)\}/g,
    (_, name) => `(?<${name}>${name === 'path' ? '.+' : '[^/]+'})`,
  );
  const { groups = {} } = new RegExp(`^${pattern}$`).exec(pathname) ?? {};
  const request = pageRequest(operation, (name, example) => {
    const [inPath, inQuery] = [groups[name], searchParams.get(name)];
    if (inPath !== undefined) return decodeURIComponent(inPath);
    return inQuery ?? example;
  });
  return request.body === undefined ? request : { ...request, body: withIds(request.body, working.body) };
}

async function send(request: PageRequest, credential: Record<string, string>) {
  const response = await fetch(server.url + request.path, {
    method: request.method,
    redirect: 'manual',
    headers: { ...request.headers, origin: server.url, 'sec-fetch-site': 'same-origin', ...credential },
    ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
  });
  return { status: response.status, text: await response.text() };
}

/** The field that an answer names, of whatever dialect. */
function fieldOf(text: string): string | undefined {
  try {
    const body = JSON.parse(text);
    return body.field ?? body.error?.param;
  } catch {
    return undefined;
  }
}

/** Operations of pages that are signed in, which the page of `/docs` is where the console is. */
function isOfConsole({ path }: PlacedOperation): boolean {
  return path.startsWith('/api/console/');
}

const { store } = server.server;

/** The cookie of somebody who has signed in. */
async function signedIn(): Promise<Record<string, string>> {
  const browser = new Browser(server.url);
  const isThere = (await browser.must('GET', '/options')).is_set_up;
  if (!isThere) await setUp(browser, store, 'operator@example.com');
  else await browser.must('POST', '/sign-in', { email: 'operator@example.com', password });
  return { cookie: `colloquy=${browser.secret}` };
}

/** Operations that take what only one person knows or has: a password, the token of a link, or a passkey. */
const takesSecrets: ReadonlySet<string> = new Set([
  ...['setUp', 'signIn', 'followLink', 'lookAtLink'],
  'signInByPasskey',
]);

/** Whether what is refused is an id of the examples: by its field, or the organization of a credential. */
function isAboutId(
  status: number,
  { path, operationId }: PlacedOperation,
  request: PageRequest,
  text: string,
): boolean {
  const { searchParams: query } = new URL(request.path, server.url);
  if (status === 401) return takesSecrets.has(operationId);
  if (status === 404)
    return path.includes('{') || isId(request.body) || isId([...query]) || query.has('user_id');
  if (status === 403)
    return (
      request.path.includes(`org_id=${exampleId}`) && text.includes('does not belong to this organization')
    );
  const field = fieldOf(text);
  // Nor does the page know what an authenticator would answer.
  if (operationId === 'addPasskey' && status === 400) return field === 'credential';
  if (status !== 400 || field === undefined) return false;
  return isId(valueAt(request.body, field)) || isId(query.get(field));
}

function valueAt(body: unknown, field: string): unknown {
  return field
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], body);
}

describe('Test Request', () => {
  let world: World;
  before(async () => {
    world = await makeWorld(server);
  });
  after(() => server[Symbol.asyncDispose]());

  test('every operation with a body has an example of it', () => {
    const lacking = operations.filter(
      (one) => one.requestBody !== undefined && pageRequest(one).body === undefined,
    );
    assert.deepEqual(
      lacking.map(({ operationId }) => operationId),
      [],
      'give the body examples, or its required fields',
    );
  });

  test('no optional parameter is sent but the user whom a call is about', () => {
    const sent = operations.flatMap(({ parameters = [] }) =>
      parameters.filter(({ required, example, examples }) => {
        const isSent = example !== undefined || examples?.default?.['x-disabled'] === false;
        return required !== true && isSent;
      }),
    );
    assert.deepEqual([...new Set(sent.map(({ name }) => name))], ['user_id']);
  });

  for (const operation of operations) {
    test(`${operation.operationId} as the page sends it`, async () => {
      const request = pageRequest(operation);
      const credential: Record<string, string> = takesAdminKey(operation)
        ? { authorization: `Bearer ${world.administering.good}` }
        : { 'x-api-key': world.tenant.prodKey, ...(isOfConsole(operation) && (await signedIn())) };
      const { status, text } = await send(request, credential);
      assert.ok(
        status < 300 || isAboutId(status, operation, request, text),
        `${status} ${text.slice(0, 300)}`,
      );
    });

    if (isOfConsole(operation)) continue;
    test(`${operation.operationId} with ids of what is there`, async () => {
      const row = rowOf(operation);
      const request = requestWithIds(operation, await row.request(world));
      // Without ids it is what the test before has sent.
      if (isDeepStrictEqual(request, pageRequest(operation))) return;
      const credential = world[row.callers].good;
      const { status, text } = await send(
        request,
        credential === null ? {} : { authorization: `Bearer ${credential}` },
      );
      assert.ok(
        status < 300 || status === row.expected.good,
        `${status} ${JSON.stringify(request)} ${text.slice(0, 300)}`,
      );
    });
  }
});
