import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { FetchError } from '../../../../src/models/local/file/fetch-error.ts';
import { type FetchProgress, fetchModelFile } from '../../../../src/models/local/file/fetch-model-file.ts';
import {
  type ModelSource,
  namedModels,
  sourceOfUrl,
} from '../../../../src/models/local/file/model-source.ts';
import { createProgressBar } from '../../../../src/models/local/file/progress-bar.ts';
import { startLocalModel } from '../../../../src/models/local/local-model.ts';
import { writeTinyGguf } from '../gguf.ts';
import { askTiny, collect, recitedText } from '../gguf-runtime.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const never = new AbortController().signal;

describe('fetching the model file', () => {
  let folder: string;
  let path: string;
  let content: Buffer;
  let source: ModelSource;
  let base: string;
  /** Requested ranges, in order. */
  let ranges: (string | undefined)[] = [];
  /** Answers to the requests in order; the last one is repeated. */
  let answers: Answer[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    answer(request, response);
  });

  /** Answers as a correct server does: with ranges, entity tag and length. */
  const decent: Answer = (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const ranged = from > 0 && (request.headers['if-range'] ?? '"v1"') === '"v1"';
    const body = ranged ? content.subarray(from) : content;
    response.writeHead(ranged ? 206 : 200, {
      'content-length': body.length,
      etag: '"v1"',
      ...(ranged ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
    });
    response.end(body);
  };
  /** Sends the beginning of the file and, once it has arrived, cuts the connection. */
  let cut = (_receivedBytes: number) => {};
  const broken =
    (bytes: number): Answer =>
    (request, response) => {
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      response.writeHead(from > 0 ? 206 : 200, {
        'content-length': content.length - from,
        etag: '"v1"',
        ...(from > 0 ? { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
      });
      response.write(content.subarray(from, from + bytes));
      cut = (receivedBytes) => receivedBytes === from + bytes && response.destroy();
    };
  /** Options with short time limits, and a hook for `broken`. */
  const hasty = {
    maxAttempts: 3,
    backOffMs: 1,
    idleMs: 5000,
    onProgress: ({ receivedBytes }: FetchProgress) => cut(receivedBytes),
  };
  const status =
    (code: number, headers: Record<string, string> = {}): Answer =>
    (_request, response) =>
      response.writeHead(code, headers).end('no');

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'colloquy-fetch-'));
    content = await readFile(await writeTinyGguf(join(folder, 'origin.gguf')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    source = {
      name: 'tiny',
      url: `${base}/tiny.gguf`,
      fileName: 'tiny.gguf',
      expected: { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') },
    };
  });
  after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    path = join(await mkdtemp(join(folder, 'data-')), 'models', 'tiny.gguf');
    ranges = [];
    answers = [decent];
    cut = () => {};
  });

  const unknown = () => sourceOfUrl(`${base}/some/other.gguf?download=true`);
  const complete = async () => {
    assert.deepEqual(await readFile(path), content);
    await assert.rejects(access(`${path}.part`));
    await assert.rejects(access(`${path}.part.json`));
  };
  const failsWith = (expected: RegExp) => (error: unknown) => {
    assert.ok(error instanceof FetchError, String(error));
    assert.match(error.message, expected);
    return true;
  };

  test('whole, with its progress, and not again', async () => {
    const seen: FetchProgress[] = [];
    await fetchModelFile({ source, path, signal: never, onProgress: (progress) => seen.push(progress) });
    await complete();
    assert.deepEqual([...new Set(seen.map((progress) => progress.state))], ['fetching', 'verifying']);
    assert.equal(seen.at(-1)?.receivedBytes, content.length);
    await fetchModelFile({ source, path, signal: never });
    assert.equal(ranges.length, 1);
  });

  test('the SHA-256 that an address names is checked, and is not asked for', async () => {
    const sha256 = createHash('sha256').update(content).digest('hex');
    const named = (hash: string) => sourceOfUrl(`${base}/some/other.gguf#sha256=${hash}`);
    await fetchModelFile({ source: named(sha256.toUpperCase()), path, signal: never });
    await complete();
    assert.equal(named(sha256).fileName, sourceOfUrl(`${base}/some/other.gguf`).fileName);
    const other = `${path}.other`;
    const wrong = fetchModelFile({ source: named('0'.repeat(64)), path: other, signal: never });
    await assert.rejects(wrong, failsWith(/has the SHA-256 \w{64} instead of 0{64} and was discarded/));
    await assert.rejects(access(other));
    await assert.rejects(access(`${other}.part`));
  });

  test('a file of unknown size leaves the database its reserve of the disk', async () => {
    const freeBytes = async () => 256 * 1024 * 1024 + content.length - 1;
    const fetching = fetchModelFile({ source: unknown(), path, signal: never, freeBytes });
    await assert.rejects(fetching, failsWith(/the disk of .* free, and the model needs/));
  });

  test('broken off twice, resumed twice', async () => {
    answers = [broken(1000), broken(50_000), decent];
    await fetchModelFile({ source, path, signal: never, ...hasty });
    await complete();
    assert.deepEqual(ranges, [undefined, 'bytes=1000-', 'bytes=51000-']);
  });

  test('progress made resets the count of failures', async () => {
    answers = [...Array.from({ length: 8 }, () => broken(20_000)), decent];
    await fetchModelFile({ source, path, signal: never, ...hasty });
    await complete();
    assert.equal(ranges.length, 9);
  });

  test('aborted in the middle and started again: it goes on where it was', async () => {
    const abort = new AbortController();
    answers = [
      (_request, response) => response.writeHead(200, { etag: '"v1"' }).write(content.subarray(0, 70_000)),
    ];
    const first = fetchModelFile({
      source,
      path,
      signal: abort.signal,
      onProgress: ({ receivedBytes }) => {
        if (receivedBytes === 70_000) abort.abort(new Error('restart'));
      },
    });
    await assert.rejects(first, /restart/);
    answers = [decent];
    await fetchModelFile({ source, path, signal: never });
    await complete();
    assert.deepEqual(ranges, [undefined, 'bytes=70000-']);
  });

  test('a server that ignores ranges sends all again', async () => {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(`${path}.part`, content.subarray(0, 5000));
    answers = [(_request, response) => response.writeHead(200).end(content)];
    await fetchModelFile({ source, path, signal: never });
    await complete();
    assert.deepEqual(ranges, ['bytes=5000-']);
  });

  test('a file without a known hash is resumed by its entity tag only', async () => {
    answers = [broken(60_000), status(503)];
    await assert.rejects(
      fetchModelFile({ source: unknown(), path, signal: never, ...hasty }),
      failsWith(/503/),
    );
    ranges = [];
    answers = [decent];
    await fetchModelFile({ source: unknown(), path, signal: never });
    await complete();
    assert.deepEqual(ranges, ['bytes=60000-']);
  });

  test('a file without a known hash that changed meanwhile is fetched anew', async () => {
    const old = Buffer.alloc(content.length, 'x');
    answers = [
      (_request, response) =>
        response
          .writeHead(200, { etag: '"v0"' })
          .write(old.subarray(0, 9000), () => setImmediate(() => response.destroy())),
      decent,
    ];
    await fetchModelFile({ source: unknown(), path, signal: never, ...hasty });
    await complete();
  });

  test('a file without a known hash that was whole but not yet in place', async () => {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(`${path}.part`, content);
    await writeFile(`${path}.part.json`, JSON.stringify({ url: unknown().url, etag: '"v1"' }));
    answers = [status(416, { 'content-range': `bytes */${content.length}` })];
    await fetchModelFile({ source: unknown(), path, signal: never });
    await complete();
  });

  test('wrong bytes are discarded, with both hashes', async () => {
    const wrong = Buffer.from(content);
    wrong[wrong.length - 1]! ^= 1;
    answers = [(_request, response) => response.writeHead(200).end(wrong)];
    await assert.rejects(
      fetchModelFile({ source, path, signal: never, ...hasty }),
      failsWith(/SHA-256 [0-9a-f]{64} instead of [0-9a-f]{64}/),
    );
    await assert.rejects(access(path));
    await assert.rejects(access(`${path}.part`));
  });

  test('a page instead of a model is discarded', async () => {
    answers = [(_request, response) => response.writeHead(200).end('<html>please log in</html>')];
    await assert.rejects(
      fetchModelFile({ source: unknown(), path, signal: never, ...hasty }),
      failsWith(/no GGUF file/),
    );
    await assert.rejects(access(`${path}.part`));
  });

  test('404 is final; 503 is tried again, as long as the server asks', async () => {
    answers = [status(404)];
    await assert.rejects(fetchModelFile({ source, path, signal: never, ...hasty }), failsWith(/status 404/));
    assert.equal(ranges.length, 1);
    answers = [status(503, { 'retry-after': '0' }), status(429), decent];
    await fetchModelFile({ source, path, signal: never, ...hasty });
    await complete();
  });

  test('a server that falls silent is left, and what came is kept', async () => {
    answers = [(_request, response) => response.writeHead(200).write(content.subarray(0, 40_000)), decent];
    await fetchModelFile({ source, path, signal: never, ...hasty, idleMs: 50 });
    await complete();
    assert.deepEqual(ranges, [undefined, 'bytes=40000-']);
  });

  test('redirects are followed, but not for ever', async () => {
    answers = [status(302, { location: '/elsewhere' }), status(307, { location: `${base}/cdn` }), decent];
    await fetchModelFile({ source, path, signal: never });
    await complete();
    await rm(path);
    answers = [status(302, { location: '/loop' })];
    await assert.rejects(fetchModelFile({ source, path, signal: never }), failsWith(/redirects more than/));
  });

  test('nobody listens: the sentence names the address', async () => {
    const closed = { ...source, url: 'http://127.0.0.1:1/model.gguf' };
    await assert.rejects(
      fetchModelFile({ source: closed, path, signal: never, ...hasty }),
      failsWith(/127\.0\.0\.1:1.*ECONNREFUSED/),
    );
  });

  test('without room on the disk it does not begin', async () => {
    await assert.rejects(
      fetchModelFile({ source, path, signal: never, freeBytes: async () => 1000 }),
      failsWith(/needs \d+ MiB/),
    );
    assert.equal(ranges.length, 0);
  });

  test('a disk that fills up gets its room back', {
    skip: process.platform !== 'linux' && 'needs /dev/full',
  }, async () => {
    await mkdir(join(path, '..'), { recursive: true });
    await symlink('/dev/full', `${path}.part`);
    await assert.rejects(
      fetchModelFile({ source, path, signal: never, ...hasty }),
      failsWith(/disk is full/),
    );
    await assert.rejects(access(`${path}.part`));
  });

  test('from nothing to a model that answers', async () => {
    const dataDir = join(path, '..', '..');
    const states: string[] = [];
    const written: string[] = [];
    await using local = startLocalModel({
      choice: { kind: 'named', name: 'qwen2.5-0.5b' },
      namedSource: () => source,
      dataDir,
      runtime: { threads: 1, sequences: 1 },
      terminal: { isTTY: true, write: (text) => written.push(text) },
      onStatus: ({ state }) => states.push(state),
    });
    assert.equal(local.model(), undefined);
    assert.deepEqual(await local.settled, { state: 'ready', percent: 100 });
    assert.deepEqual([...new Set(states)], ['fetching', 'verifying', 'loading', 'ready']);
    assert.match(written.join(''), /Fetching the local model tiny/);
    assert.equal((await collect(local.model()!.stream(askTiny, { signal: never }))).text, recitedText);
  });

  test('when it can not be had, one sentence says so and what to do', async () => {
    answers = [status(404)];
    await using local = startLocalModel({
      choice: { kind: 'url', url: `${base}/none.gguf` },
      dataDir: join(path, '..'),
    });
    const { state, message } = await local.settled;
    assert.equal(state, 'failed');
    assert.match(message!, /status 404.*COLLOQUY_LOCAL_MODEL.*OPENAI_API_KEY/);
    assert.equal(local.model(), undefined);

    await using missing = startLocalModel({
      choice: { kind: 'file', path: join(folder, 'no.gguf') },
      dataDir: folder,
    });
    assert.match((await missing.settled).message!, /no\.gguf.*COLLOQUY_LOCAL_MODEL/);
    await using off = startLocalModel({ choice: { kind: 'off' }, dataDir: folder });
    assert.deepEqual(await off.settled, { state: 'off', percent: 0 });
  });

  test('stopping the server in the middle of a fetch ends it at once', async () => {
    answers = [(_request, response) => response.writeHead(200).write(content.subarray(0, 1000))];
    const begun = Promise.withResolvers<void>();
    const local = startLocalModel({
      choice: { kind: 'named', name: 'qwen2.5-0.5b' },
      namedSource: () => source,
      dataDir: join(path, '..', '..'),
      onStatus: ({ state }) => state === 'fetching' && begun.resolve(),
    });
    await begun.promise;
    await local[Symbol.asyncDispose]();
    assert.equal((await local.settled).state, 'fetching');
  });
});

test('two addresses never share a file, and a name is safe as a file name', () => {
  const one = sourceOfUrl('https://a.example/x/model.gguf');
  const two = sourceOfUrl('https://b.example/x/model.gguf');
  assert.notEqual(one.fileName, two.fileName);
  assert.match(sourceOfUrl('https://a.example/%2e%2e%2f%00.gguf').fileName, /^[\w.-]+$/);
  assert.match(sourceOfUrl('https://a.example/').fileName, /^[0-9a-f]{8}-model\.gguf$/);
});

test('the named models have pinned addresses', () => {
  for (const model of Object.values(namedModels)) {
    assert.match(
      model.url,
      /^https:\/\/huggingface\.co\/Qwen\/[\w.-]+\/resolve\/[0-9a-f]{40}\/[\w.-]+\.gguf$/,
    );
    assert.equal(new URL(model.url).pathname.split('/').at(-1), model.fileName);
    assert.match(model.expected!.sha256, /^[0-9a-f]{64}$/);
  }
});

test('the progress bar is throttled, and silent where there is no terminal', () => {
  let clock = 0;
  const written: string[] = [];
  const bar = createProgressBar({ isTTY: true, write: (text) => written.push(text) }, () => clock);
  for (let bytes = 0; bytes <= 1000; bytes++) {
    bar.update('Fetching', bytes * 1e6, 1e9);
    clock++;
  }
  assert.ok(written.length >= 4 && written.length <= 6, String(written.length));
  assert.match(written.at(-1)!, /Fetching \[=+ *\] \d+ % of 1000 MB/);
  bar.end();
  const silent = createProgressBar({ write: () => assert.fail('it wrote') }, () => 0);
  silent.update('Fetching', 1, 2);
  silent.end();
});
