/** Content-Encodings that were not asked for, named rightly, wrongly or not at all; of answers, failures and lists. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import {
  brotliCompressSync,
  constants,
  createGzip,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { framesFor } from 'colloquy-testkit/upstream/scripted-frames';
import type { Script, Wire } from 'colloquy-testkit/upstream/scripted-upstream';
import { ModelError } from '../../../../src/models/model-error.ts';
import { listProviderModels } from '../../../../src/models/provider-models.ts';
import { collect, startHarness, wires } from '../../remote-models.ts';

type Encode = (text: string) => Buffer;

const plain: Encode = (text) => Buffer.from(text);
const encodings: readonly (readonly [header: string, name: string, encode: Encode])[] = [
  ['gzip', 'gzip', gzipSync],
  ['x-gzip', 'gzip', gzipSync],
  ['GZIP', 'gzip', gzipSync],
  ['br', 'Brotli', brotliCompressSync],
  ['zstd', 'Zstandard', zstdCompressSync],
  ['deflate', 'zlib', deflateSync],
  ['deflate', 'raw deflate', deflateRawSync],
  ['gzip, br', 'gzip within Brotli', (text) => brotliCompressSync(gzipSync(text))],
  ['identity', 'nothing', plain],
  ['none', 'nothing', plain],
  ['', 'nothing', plain],
  ['utf-8', 'nothing', plain],
  ['gzip', 'nothing, wrongly named', plain],
  ['br', 'nothing, wrongly named', plain],
  ['deflate', 'nothing, wrongly named', plain],
  ['zstd', 'nothing, wrongly named', plain],
  ['identity', 'gzip, not named', gzipSync],
  ['', 'gzip, not named', gzipSync],
  ['', 'Zstandard, not named', zstdCompressSync],
  ['br', 'gzip, named Brotli', gzipSync],
  ['deflate', 'Zstandard, named deflate', zstdCompressSync],
];

function stream(wire: Wire): string {
  const frames = framesFor(wire, 'm');
  return `${frames.token('Grüße, ', false)}${frames.token('世界', false)}${frames.finish(undefined)}${frames.usage(7, 2)}${frames.end()}`;
}

function encoded(header: string, bytes: Buffer, chunkBytes?: number): Script {
  return {
    headers: { 'content-encoding': header },
    steps: [{ do: 'raw', data: bytes }],
    ...(chunkBytes !== undefined && { chunkBytes }),
  };
}

for (const wire of wires) {
  describe(`${wire} encoded answers`, () => {
    for (const [header, name, encode] of encodings) {
      for (const chunkBytes of [undefined, 1]) {
        test(`${name} under ${JSON.stringify(header)}, in pieces of ${chunkBytes ?? 'all'}`, async () => {
          await using h = await startHarness();
          h.upstream.enqueue(encoded(header, encode(stream(wire)), chunkBytes));
          const { text, parts, error } = await collect(h.model(wire, { runtime: { maxRetries: 0 } }));
          assert.equal(error, undefined);
          assert.equal(text, 'Grüße, 世界');
          assert.deepEqual(parts.slice(-2), [
            { type: 'usage', promptTokens: 7, completionTokens: 2 },
            { type: 'finish', reason: 'stop' },
          ]);
          assert.equal(h.upstream.requests[0]?.headers['accept-encoding'], 'identity');
        });
      }

      test(`a failure in ${name} under ${JSON.stringify(header)}`, async () => {
        await using h = await startHarness();
        const body = encode('{"error":{"message":"no credit left"}}');
        const server = createServer((_, response) => {
          response
            .writeHead(402, { 'content-encoding': header, 'content-type': 'application/json' })
            .end(body);
        }).listen(0, '127.0.0.1');
        await once(server, 'listening');
        const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
        const { error } = await collect(h.model(wire, { record: { baseUrl } }));
        server.closeAllConnections();
        server.close();
        assert.match(String(error), /answered 402: no credit left/);
      });
    }

    test('what is encoded piece by piece is delivered piece by piece', async () => {
      await using h = await startHarness();
      const [first, second] = ['one ', 'two'];
      const gzip = createGzip();
      const pieces: Buffer[] = [];
      gzip.on('data', (piece: Buffer) => pieces.push(piece));
      const frames = framesFor(wire, 'm');
      const flush = (): Promise<void> =>
        new Promise((resolve) => gzip.flush(constants.Z_SYNC_FLUSH, () => resolve()));
      gzip.write(frames.token(first, false));
      await flush();
      const head = Buffer.concat(pieces.splice(0));
      gzip.write(frames.token(second, false) + frames.finish(undefined) + frames.end());
      gzip.end();
      await once(gzip, 'end');
      let release = (): void => undefined;
      const until = new Promise<void>((resolve) => {
        release = resolve;
      });
      h.upstream.enqueue({
        headers: { 'content-encoding': 'gzip' },
        steps: [
          { do: 'raw', data: head },
          { do: 'hold', until },
          { do: 'raw', data: Buffer.concat(pieces) },
        ],
      });
      const said: string[] = [];
      const { signal } = new AbortController();
      for await (const batch of h
        .model(wire)
        .stream({ messages: [{ role: 'user', text: 'x' }], parameters: {} }, { signal })) {
        for (const part of batch) if (part.type === 'text') said.push(part.text);
        release();
      }
      assert.deepEqual(said, [first, second]);
    });

    test('an encoded answer that is cut after its finish reason is whole', async () => {
      await using h = await startHarness();
      const bytes = gzipSync(stream(wire));
      h.upstream.enqueue(encoded('gzip', bytes.subarray(0, bytes.length - 8)));
      const { text, error } = await collect(h.model(wire, { runtime: { maxRetries: 0 } }));
      assert.equal(error, undefined);
      assert.equal(text, 'Grüße, 世界');
    });

    for (const [name, bytes] of [
      ['blanks', gzipSync(Buffer.alloc(66 << 20, 10), { level: 1 })],
      ['one line', gzipSync(Buffer.alloc(66 << 20, 'data: x'), { level: 1 })],
    ] as const) {
      test(`a bomb of ${name} ends with an error`, async () => {
        await using h = await startHarness();
        h.upstream.setDefault(encoded('gzip', bytes));
        const { error } = await collect(h.model(wire, { runtime: { maxRetries: 0 } }));
        assert.ok(error instanceof ModelError);
        assert.match(error.message, /content-encoding .* more than|an event that is too long/);
        assert.equal(error.retryable, false);
      });
    }
  });
}

for (const provider of ['openai-compatible', 'anthropic'] as const) {
  describe(`${provider}: encoded lists of models`, () => {
    const list = async (status: number, header: string, body: Buffer) => {
      await using h = await startHarness();
      const server = createServer((request, response) => {
        assert.equal(request.headers['accept-encoding'], 'identity');
        response.writeHead(status, { 'content-encoding': header }).end(body);
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
      const { dispatcher } = h.runtime;
      try {
        return await listProviderModels({ provider, baseUrl, dispatcher, timeoutMs: 20_000 });
      } finally {
        server.closeAllConnections();
        server.close();
      }
    };
    for (const [header, name, encode] of encodings) {
      test(`${name} under ${JSON.stringify(header)}`, async () => {
        const listed = await list(200, header, encode('{"data":[{"id":"m-1"}]}'));
        assert.deepEqual(listed, { ok: true, models: [{ name: 'm-1' }] });
      });

      test(`a failure in ${name} under ${JSON.stringify(header)}`, async () => {
        const listed = await list(402, header, encode('{"error":{"message":"no credit left"}}'));
        assert.ok(!listed.ok);
        assert.match(listed.error, /answered 402: no credit left$/);
      });
    }
  });
}
