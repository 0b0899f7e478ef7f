/** Lists as JSON: whole, or as pages that are bounded by entries and bytes, read as far as the client takes them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { after, test } from 'node:test';
import Fastify, { type FastifyReply } from 'fastify';
import { type ListSource, sendList, sendPage } from '../../../src/http/answer/json-list.ts';
import { maxPageBytes } from '../../../src/store/queries/page.ts';

interface Numbers extends ListSource<number> {
  readonly reads: (readonly [after: number | undefined, wanted: number])[];
}

/** Entries 1 to `count`, ten a step, each with a text. */
function numbers(count: number, text: (n: number) => string = () => ''): Numbers {
  const reads: [number | undefined, number][] = [];
  return {
    reads,
    async read(after, wanted) {
      reads.push([after, wanted]);
      const first = (after ?? 0) + 1;
      const length = Math.max(0, Math.min(10, wanted, count - first + 1));
      return Array.from({ length }, (_, index) => first + index);
    },
    toResource: (n) => ({ n, text: text(n) }),
  };
}

async function answering(send: (reply: FastifyReply) => Promise<FastifyReply>) {
  const app = Fastify();
  app.get('/', (_request, reply) => send(reply));
  app.get('/alive', () => 'yes');
  await app.listen({ host: '127.0.0.1', port: 0 });
  after(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  return { app, port, url: `http://127.0.0.1:${port}` };
}

async function pageOf(source: Numbers, limit: number) {
  const { app } = await answering((reply) =>
    sendPage(reply, source, { name: 'data', limit, rest: (end) => ({ end }) }),
  );
  const { body } = await app.inject('/');
  const { data, end } = JSON.parse(body) as { data: { n: number }[]; end: object };
  return { bytes: Buffer.byteLength(body), shown: data.map(({ n }) => n), end };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test('a list is whole, in steps, also where it is empty', async () => {
  for (const count of [0, 1, 10, 25]) {
    const source = numbers(count);
    const { app } = await answering((reply) => sendList(reply, source));
    const { headers, body } = await app.inject('/');
    assert.equal(headers['content-type'], 'application/json; charset=utf-8');
    assert.deepEqual(
      JSON.parse(body).map(({ n }: { n: number }) => n),
      upTo(count),
    );
  }
});

test('a page ends at its limit, and reads nothing behind it', async () => {
  const source = numbers(100);
  const page = await pageOf(source, 25);
  assert.deepEqual(page.shown, upTo(25));
  assert.deepEqual(page.end, { count: 25, last: 25, isCut: false });
  assert.deepEqual(source.reads, [
    [undefined, 25],
    [10, 15],
    [20, 5],
  ]);
  const short = numbers(12);
  assert.deepEqual((await pageOf(short, 25)).end, { count: 12, last: 12, isCut: false });
  const none = numbers(100);
  assert.deepEqual(await pageOf(none, 0), { bytes: 43, shown: [], end: { count: 0, isCut: false } });
  assert.deepEqual(none.reads, []);
});

test('a page ends before the entry that would make it larger than its bytes, as they are sent', async () => {
  // Six bytes a character as JSON, and two more for each character of the last text as UTF-8.
  for (const text of ['\u0001'.repeat(50_000), 'é'.repeat(150_000), 'x'.repeat(300_000)]) {
    const source = numbers(1000, () => text);
    const { shown, bytes, end } = await pageOf(source, 1000);
    const count = Math.floor(maxPageBytes / (Buffer.byteLength(JSON.stringify({ n: 1, text })) + 1));
    assert.ok(shown.length === count || shown.length === count - 1, `${shown.length} of ${count}`);
    assert.ok(bytes <= maxPageBytes + 100, String(bytes));
    assert.deepEqual(end, { count: shown.length, last: shown.length, isCut: true });
    assert.ok(source.reads.length <= Math.ceil((shown.length + 1) / 10));
  }
});

test('an entry that is longer than a page is one, whole', async () => {
  const source = numbers(3, () => 'x'.repeat(maxPageBytes + 1));
  const { shown, end, bytes } = await pageOf(source, 3);
  assert.deepEqual([shown, end], [[1], { count: 1, last: 1, isCut: true }]);
  assert.ok(bytes > maxPageBytes);
});

test('an error of the first step has its status; a later one breaks the answer off', async () => {
  const failing = (at: number): Numbers => {
    const source = numbers(100, () => 'x'.repeat(100_000));
    return {
      ...source,
      async read(last, wanted) {
        if ((last ?? 0) >= at) throw Object.assign(new Error('away'), { statusCode: 503 });
        return source.read(last, wanted);
      },
    };
  };
  const first = await answering((reply) => sendList(reply, failing(0)));
  assert.equal((await fetch(first.url)).status, 503);
  const later = await answering((reply) => sendList(reply, failing(50)));
  const begun = await fetch(later.url);
  assert.equal(begun.status, 200);
  await assert.rejects(begun.text());
});

test('nothing is read for a client that takes nothing, and no more once it has gone', async () => {
  const source = numbers(1_000_000, () => 'x'.repeat(10_000));
  let closed = 0;
  const { port, url } = await answering((reply) => {
    reply.raw.once('close', () => {
      closed += 1;
      gone.resolve();
    });
    return sendList(reply, source);
  });
  const gone = Promise.withResolvers<void>();
  const socket = connect(port, '127.0.0.1');
  socket.pause();
  await once(socket, 'connect');
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  // Whoever asks meanwhile is answered; the reads come to an end when the socket's buffers are full.
  let seen = -1;
  while (seen !== source.reads.length) {
    seen = source.reads.length;
    for (let n = 0; n < 50; n += 1) assert.equal(await (await fetch(`${url}/alive`)).text(), 'yes');
  }
  assert.ok(seen > 0 && seen < 2000, `${seen} steps of 100 KB`);
  socket.destroy();
  await gone.promise;
  await fetch(`${url}/alive`);
  const atClose = source.reads.length;
  for (let n = 0; n < 20; n += 1) await fetch(`${url}/alive`);
  assert.equal(closed, 1);
  assert.ok(source.reads.length <= atClose + 1);
});
