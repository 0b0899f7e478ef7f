/** The OpenAPI document: it lints clean, and covers every route. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { startTestApp } from '../http-app.ts';

const app = await startTestApp('sqlite');

describe('the documentation', () => {
  after(() => app[Symbol.asyncDispose]());

  test('the document is OpenAPI 3.1 and lints clean with the recommended rules', async () => {
    const { status, body } = await app.call('/docs/openapi.json');
    assert.equal(status, 200);
    assert.equal(body.openapi, '3.1.0');
    const directory = await mkdtemp(join(tmpdir(), 'colloquy-openapi-'));
    try {
      const file = join(directory, 'openapi.json');
      await writeFile(file, JSON.stringify(body));
      const redocly = join(
        dirname(createRequire(import.meta.url).resolve('@redocly/cli/package.json')),
        'bin/cli.js',
      );
      const { stdout, stderr } = await promisify(execFile)(
        process.execPath,
        [redocly, 'lint', '--extends', 'recommended', '--format', 'json', file],
        {
          cwd: directory,
          env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
        },
      ).catch((error: { stdout: string; stderr: string }) => error);
      const report = JSON.parse(stdout || assert.fail(stderr)) as {
        problems: { message: string; location: { pointer: string }[] }[];
      };
      assert.deepEqual(
        report.problems.map(({ message, location }) => `${location[0]?.pointer}: ${message}`),
        [],
      );
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('every operation that writes or streams says that a limit may refuse it', async () => {
    const { body } = await app.call('/docs/openapi.json');
    let checked = 0;
    for (const [path, operations] of Object.entries<object>(body.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const isPublic = operation.security?.length === 0;
        const isStream = operation.responses[200]?.content?.['text/event-stream'] !== undefined;
        if (isPublic || (method === 'get' && !isStream)) continue;
        checked += 1;
        const { headers } = operation.responses[429] ?? assert.fail(`${method} ${path} lacks 429`);
        assert.deepEqual(Object.keys(headers), ['Retry-After', 'RateLimit-Policy', 'RateLimit']);
      }
    }
    assert.ok(checked > 30, `${checked}`);
  });

  test('every operation has a summary, and says what each of its answers is', async () => {
    const { body } = await app.call('/docs/openapi.json');
    for (const [path, operations] of Object.entries<object>(body.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const name = `${method} ${path}`;
        for (const field of ['summary', 'operationId', 'tags']) {
          assert.ok(operation[field], `${name} lacks ${field}`);
        }
        for (const [status, response] of Object.entries<{ description: string }>(operation.responses)) {
          assert.notEqual(response.description, 'Default Response', `${name} ${status}`);
        }
      }
    }
    for (const path of ['/api/chat/completion/stream', '/api/generations/{id}/stream', '/readyz']) {
      assert.ok(path in body.paths, path);
    }
    assert.ok(body.components.schemas.ChatEvent.oneOf.length === 5);
  });

  test('every stream has an example', async () => {
    const { body } = await app.call('/docs/openapi.json');
    let streams = 0;
    for (const [path, operations] of Object.entries<object>(body.paths)) {
      for (const [method, { responses }] of Object.entries(operations)) {
        const stream = responses[200]?.content?.['text/event-stream'];
        if (stream === undefined) continue;
        streams += 1;
        assert.ok(stream.example ?? stream.examples, `${method} ${path}`);
      }
    }
    assert.ok(streams > 10, `${streams}`);
  });

  test('every method but GET declares what refuses a body, in its own envelope', async () => {
    const { body } = await app.call('/docs/openapi.json');
    for (const [path, operations] of Object.entries<object>(body.paths)) {
      for (const [method, { responses }] of Object.entries(operations)) {
        const schemaOf = (status: number): string | undefined =>
          responses[status]?.content['application/json'].schema.$ref;
        const own = method === 'get' ? undefined : schemaOf(400);
        assert.deepEqual([schemaOf(413), schemaOf(415)], [own, own], `${method} ${path}`);
        const early = '#/components/schemas/EarlyError';
        assert.deepEqual([schemaOf(408), schemaOf(431)], [early, early], `${method} ${path}`);
      }
    }
  });
});
