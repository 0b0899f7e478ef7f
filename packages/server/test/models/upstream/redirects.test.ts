/** Redirects of calls and of lists, and headers and failures without bounds. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { describe, test } from 'node:test';
import { framesFor } from 'colloquy-testkit/upstream/scripted-frames';
import { ModelError } from '../../../src/models/model-error.ts';
import { listProviderModels } from '../../../src/models/provider-models.ts';
import { collect, startHarness, wires } from '../remote-models.ts';

async function serve(listener: RequestListener): Promise<AsyncDisposable & { readonly origin: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

for (const wire of wires) {
  const frames = framesFor(wire, 'm');
  const stream = frames.token('there', false) + frames.finish(undefined) + frames.end();

  describe(`${wire} redirects`, () => {
    for (const status of [307, 308]) {
      for (const form of ['path', 'address', 'relative'] as const) {
        test(`${status} to the same origin is followed, given as ${form}`, async () => {
          const bodies: string[] = [];
          await using server = await serve((request, response) => {
            let body = '';
            request.on('data', (chunk) => {
              body += chunk;
            });
            request.on('end', () => {
              bodies.push(`${request.method} ${request.url} ${body}`);
              const target = {
                path: '/moved?x=1',
                address: `http://${request.headers.host}/moved?x=1`,
                relative: '/moved?x=1',
              }[form];
              if (request.url === '/moved?x=1') response.end(stream);
              else response.writeHead(status, { location: target }).end('moved');
            });
          });
          await using h = await startHarness();
          const { text, error } = await collect(
            h.model(wire, { record: { baseUrl: `${server.origin}/v1` } }),
          );
          assert.equal(error, undefined);
          assert.equal(text, 'there');
          assert.equal(bodies.length, 2);
          assert.ok(bodies[1]?.startsWith('POST /moved?x=1 {'));
          assert.equal(bodies[0]?.split('{')[1], bodies[1]?.split('{')[1]);
        });
      }
    }

    const refused: readonly (readonly [status: number, location: string | undefined, says: RegExp])[] = [
      [301, '/v2', /redirect \(301\) to http:\/\/127\.0\.0\.1:\d+\/v2, which is not followed/],
      [302, '/login?next=secret', /redirect \(302\) to http:\/\/127\.0\.0\.1:\d+\/login, which/],
      [303, '/v2', /redirect \(303\) to/],
      [
        307,
        'https://other.example/v1/x',
        /redirect \(307\) to https:\/\/other\.example\/v1\/x, which is not followed.*base_url/,
      ],
      [308, 'http://169.254.169.254/latest', /to http:\/\/169\.254\.169\.254\/latest/],
      [307, undefined, /redirect \(307\), which is not followed$/],
      [307, 'file:///etc/passwd', /redirect \(307\), which is not followed$/],
      [304, undefined, /redirect \(304\)/],
    ];
    for (const [status, location, says] of refused) {
      test(`${status} to ${location} is an error that names it`, async () => {
        let count = 0;
        await using server = await serve((_, response) => {
          count += 1;
          response.writeHead(status, location === undefined ? {} : { location }).end();
        });
        await using h = await startHarness();
        const { error } = await collect(h.model(wire, { record: { baseUrl: `${server.origin}/v1` } }));
        assert.ok(error instanceof ModelError);
        assert.equal(error.code, 'provider_error');
        assert.match(error.message, says);
        assert.equal(count, 1);
      });
    }

    test('a circle ends', async () => {
      let count = 0;
      await using server = await serve((_, response) => {
        count += 1;
        response.writeHead(307, { location: `/again/${count}` }).end();
      });
      await using h = await startHarness();
      const { error } = await collect(h.model(wire, { record: { baseUrl: `${server.origin}/v1` } }));
      assert.match(String(error), /redirected the call more than 3 times/);
      assert.equal(count, 4);
    });
  });

  describe(`${wire} floods`, () => {
    test('of headers end with an error', async () => {
      const server = createTcpServer((socket) => {
        socket.on('error', () => undefined);
        socket.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => socket.write(`x-flood: ${'y'.repeat(8_000)}\r\n`.repeat(4)), 1);
        socket.on('close', () => clearInterval(timer));
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
      await using h = await startHarness();
      const { error } = await collect(h.model(wire, { record: { baseUrl } }));
      server.close();
      assert.ok(error instanceof ModelError);
      assert.match(error.message, /HEADERS_OVERFLOW/);
      assert.equal(error.retryable, false);
    });

    test('of an error body end when enough is read', async () => {
      await using server = await serve((_, response) => {
        response.on('error', () => undefined);
        response.writeHead(400, { 'content-type': 'text/plain' });
        const write = (): void => {
          if (!response.destroyed) response.write('no '.repeat(10_000), () => setImmediate(write));
        };
        write();
      });
      await using h = await startHarness();
      const { error } = await collect(h.model(wire, { record: { baseUrl: `${server.origin}/v1` } }));
      assert.match(String(error), /answered 400: no no no/);
    });
  });
}

describe('lists of models', () => {
  test('a redirect within the origin is followed, another is an error that names it', async () => {
    await using server = await serve((request, response) => {
      if (request.url === '/v1/models') response.writeHead(308, { location: '/v1/models/' }).end();
      else if (request.url === '/v1/models/') response.end('{"data":[{"id":"m-1"}]}');
      else response.writeHead(301, { location: 'https://elsewhere.example/models' }).end();
    });
    await using h = await startHarness();
    const { dispatcher } = h.runtime;
    const at = (baseUrl: string) =>
      listProviderModels({ provider: 'openai-compatible', baseUrl, dispatcher, timeoutMs: 20_000 });
    assert.deepEqual(await at(`${server.origin}/v1`), { ok: true, models: [{ name: 'm-1' }] });
    const elsewhere = await at(`${server.origin}/old`);
    assert.ok(!elsewhere.ok);
    assert.match(elsewhere.error, /redirect \(301\) to https:\/\/elsewhere\.example\/models/);
  });

  const failures: readonly (readonly [name: string, body: string, says: RegExp])[] = [
    ['a failure under status 200', '{"error":{"message":"no access"}}', /: no access$/],
    ['a page', '<html><title>Sign in</title></html>', /instead of a list of models: Sign in$/],
    ['a text', 'gone fishing', /instead of a list of models: gone fishing$/],
    ['nothing', '', /no list of models/],
  ];
  for (const [name, body, says] of failures) {
    test(`${name} gives the reason`, async () => {
      await using server = await serve((_, response) => void response.end(body));
      await using h = await startHarness();
      const { dispatcher } = h.runtime;
      const listed = await listProviderModels({
        provider: 'openai',
        baseUrl: server.origin,
        dispatcher,
        timeoutMs: 20_000,
      });
      assert.ok(!listed.ok);
      assert.match(listed.error, says);
    });
  }

  test('a list without end is cut', async () => {
    await using server = await serve((_, response) => {
      response.on('error', () => undefined);
      response.write('{"data":[');
      const write = (): void => {
        if (!response.destroyed) response.write('{"id":"m"},'.repeat(10_000), () => setImmediate(write));
      };
      write();
    });
    await using h = await startHarness();
    const { dispatcher } = h.runtime;
    const listed = await listProviderModels({
      provider: 'openai',
      baseUrl: server.origin,
      dispatcher,
      timeoutMs: 60_000,
    });
    assert.ok(!listed.ok);
    assert.match(listed.error, /instead of a list of models/);
  });
});
