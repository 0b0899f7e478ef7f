/** A model that sends a long answer at once is read over many turns of the event loop, whatever its chunks are. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { createGzip } from 'node:zlib';
import { type Harness, hello, startHarness } from '../remote-models.ts';

const words = Array.from({ length: 20_000 }, (_, index) => `w${index} `);
const events = words.map(
  (content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`,
);
const end = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
const body = events.join('') + end;
/** A piece is 16 KiB, and each turn of the event loop has one; the first ones are not counted. */
const leastTurns = Math.floor(body.length / 16_384) - 6;

const bodies: Readonly<Record<string, (response: ServerResponse) => void>> = {
  whole: (response) => response.setHeader('content-length', Buffer.byteLength(body)).end(body),
  'in one chunk': (response) => {
    response.write(body);
    response.end();
  },
  'in a chunk per event': (response) => {
    response.socket?.cork();
    for (const event of events) response.write(event);
    response.end(end);
    response.socket?.uncork();
  },
  'in chunks that cut events': (response) => {
    for (let at = 0; at < body.length; at += 16_383) response.write(body.slice(at, at + 16_383));
    response.end();
  },
};

describe('a model that sends a long answer at once', () => {
  let harness: Harness;
  let server: Server;
  let answer: (response: ServerResponse) => void;
  before(async () => {
    harness = await startHarness();
    server = createServer((request, response) => {
      request.resume();
      response.setHeader('content-type', 'text/event-stream');
      answer(response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(async () => {
    await harness[Symbol.asyncDispose]();
    server.close();
  });

  /** The text of an answer, and the turns of the event loop that went by while it was read. */
  async function read(
    consume: () => Promise<void> = async () => undefined,
  ): Promise<{ text: string; turns: number }> {
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const model = harness.model('openai', { record: { baseUrl } });
    let text = '';
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    try {
      for await (const parts of model.stream(hello, { signal: new AbortController().signal })) {
        if (turns === 0) count();
        for (const part of parts) if (part.type === 'text') text += part.text;
        await consume();
      }
    } finally {
      isOver = true;
    }
    return { text, turns };
  }

  for (const [name, send] of Object.entries(bodies)) {
    test(`${name}: every word, one piece in a turn of the event loop`, async () => {
      answer = send;
      const { text, turns } = await read();
      assert.ok(text === words.join(''));
      assert.ok(turns >= leastTurns, `${turns} turns`);
    });
  }

  test('encoded: every word', async () => {
    answer = (response) => {
      const gzip = createGzip();
      gzip.pipe(response.setHeader('content-encoding', 'gzip'));
      gzip.end(body);
    };
    assert.ok((await read()).text === words.join(''));
  });

  test('a consumer that is slow gets every word', async () => {
    answer = bodies.whole as typeof answer;
    const { text } = await read(() => new Promise((resolve) => setTimeout(resolve, 2)));
    assert.ok(text === words.join(''));
  });

  test('two at once take turns', async () => {
    answer = bodies.whole as typeof answer;
    const [one, two] = await Promise.all([read(), read()]);
    assert.ok(one.text === words.join(''));
    assert.ok(two.text === words.join(''));
    assert.ok(Math.max(one.turns, two.turns) >= 2 * leastTurns, `${one.turns} and ${two.turns} turns`);
  });

  test('what came before the connection was closed is given', async () => {
    const cut = 300_000;
    answer = (response) => {
      response.write(body.slice(0, cut), () => response.socket?.end());
    };
    let text = '';
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const model = harness.model('openai', { record: { baseUrl } });
    await assert.rejects(async () => {
      for await (const parts of model.stream(hello, { signal: new AbortController().signal }))
        for (const part of parts) if (part.type === 'text') text += part.text;
    });
    const whole = body.slice(0, cut).split('\n\n').length - 1;
    assert.ok(text === words.slice(0, whole).join(''));
  });
});
