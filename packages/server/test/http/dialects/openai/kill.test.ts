/** A server is killed while OpenAI's clients read: each stream goes on behind its last event, to the letter. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { generationOf, openStream } from 'colloquy-testkit/event-stream';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { spawnServer } from 'colloquy-testkit/server-process';
import { makeTenant } from 'colloquy-testkit/tenants';
import { gate, startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';

const tokens = Array.from({ length: 60 }, (_, index) => ` w${index}`);
const messages = [{ role: 'user', content: 'Count' }];
const calls = [
  ['/v1/responses', { input: 'Count' }],
  ['/v1/responses', { input: 'Count', store: false }],
  ['/v1/chat/completions', { messages }],
  ['/v1/chat/completions', { messages, store: true }],
] as const;

interface Event {
  readonly type?: string;
  readonly sequence_number?: number;
  readonly delta?: string;
  readonly choices?: readonly { readonly delta: { readonly content?: string } }[];
}

function textOf(events: readonly Event[]): string {
  const pieces = events.map(({ type, delta, choices }) =>
    type === 'response.output_text.delta' ? delta : choices?.[0]?.delta.content,
  );
  return pieces.join('');
}

onBothStores('kills under /v1', (engine) => {
  test('every stream goes on behind its last event', async (t) => {
    const place = await emptyPlace(engine);
    await using upstream = await startScriptedUpstream();
    // The answers can't end before the server is killed, however slow the machine is.
    const held = gate();
    t.after(held.release);
    upstream.setDefault(() => ({
      steps: [
        { do: 'headers' },
        { do: 'tokens', tokens: tokens.slice(0, 30), intervalMs: 20 },
        held.step,
        { do: 'tokens', tokens: tokens.slice(30) },
        { do: 'finish' },
        { do: 'end' },
      ],
    }));
    const environment = serverEnvironment(place);
    let server = await spawnServer(environment);
    t.after(async () => {
      await server[Symbol.asyncDispose]();
      await rm(place.dataDir, { recursive: true, force: true });
    });
    const { prodKey } = await makeTenant(server.url, upstream);
    const headers = { authorization: `Bearer ${prodKey}` };
    const streams = await Promise.all(
      calls.map(([path, body]) =>
        openStream({ url: server.url + path, headers, body: { ...body, stream: true } }),
      ),
    );
    const isUnderWay = ({ frames }: (typeof streams)[number]): boolean =>
      frames.some(({ data }) => / w15/.test(data));
    await Promise.all(streams.map((stream) => stream.until(() => isUnderWay(stream))));
    server.signal('SIGKILL');
    await server.exited;
    held.release();
    server = await spawnServer(environment);
    for (const [index, stream] of streams.entries()) {
      assert.equal(await stream.closed, 'broken');
      const [path, body] = calls[index] ?? assert.fail();
      const cursor = stream.frames.at(-1)?.id ?? assert.fail('no id');
      // A client sends its request again, with the id of the last event.
      const again = { ...headers, 'last-event-id': cursor };
      const rest = await openStream({
        url: server.url + path,
        headers: again,
        body: { ...body, stream: true },
      });
      assert.equal(await rest.closed, 'ended', JSON.stringify(body));
      const replay = await openStream({
        url: `${server.url}/api/generations/${generationOf(stream)}/stream`,
        headers,
      });
      assert.equal(await replay.closed, 'ended');
      const frames = [...stream.frames, ...rest.frames];
      assert.deepEqual(
        frames.map(({ raw }) => raw),
        replay.frames.map(({ raw }) => raw),
      );
      assert.equal(frames.at(-1)?.data, '[DONE]');
      const events = frames.slice(0, -1).map(({ data }) => JSON.parse(data) as Event);
      if (path === '/v1/responses')
        assert.deepEqual(
          events.map(({ sequence_number: number }) => number),
          events.map((_, place) => place),
        );
      const text = textOf(events);
      assert.ok(tokens.join('').startsWith(text) && text.length > 30, text);
    }
  });
});
