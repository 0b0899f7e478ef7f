/** The server is killed in the middle of answers, again and again: the client's text is exact to the letter. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { findFreePort } from 'colloquy-testkit/free-port';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { spawnServer } from 'colloquy-testkit/server-process';
import { administer, makeTenant } from 'colloquy-testkit/tenants';
import {
  type ScriptedUpstream,
  answer as scripted,
  startScriptedUpstream,
} from 'colloquy-testkit/upstream/scripted-upstream';
import { Colloquy } from '../src/index.ts';
import { createConversation } from '../src/store.ts';
import { ready, texts, until } from './shown.ts';

const kills = 20;
const words = Array.from({ length: 120 }, (_, n) => `Wort${n} ž💡\n`);

/** A model that goes on where it was cut off when it is asked to. */
async function startUpstream(): Promise<ScriptedUpstream> {
  const upstream = await startScriptedUpstream();
  upstream.setDefault(({ body }) => {
    const last = body?.messages?.at(-1);
    const done = last?.role === 'assistant' ? last.content : '';
    const all = words.join('');
    const rest = all.startsWith(done) ? all.slice(done.length) : all;
    return scripted(rest, { tokens: rest.match(/[^\n]*\n|[^\n]+$/g) ?? [], intervalMs: 4 });
  });
  return upstream;
}

/** A server that is killed and started again, with a model that goes on, while `use` runs. */
async function withServer(use: (url: string, prodKey: string, kill: () => Promise<void>) => Promise<void>) {
  const place = await emptyPlace('sqlite');
  await using upstream = await startUpstream();
  const environment = serverEnvironment(place, { PORT: String(await findFreePort()) });
  let server = await spawnServer(environment);
  try {
    const { prodKey, organizationId, modelId } = await makeTenant(server.url, upstream);
    const model = `/organizations/${organizationId}/models/${modelId}`;
    await administer(server.url, 'PATCH', model, { can_continue: true });
    await use(server.url, prodKey, async () => {
      server.signal('SIGKILL');
      await server.exited;
      server = await spawnServer(environment);
    });
  } finally {
    await server[Symbol.asyncDispose]();
    await rm(place.dataDir, { recursive: true, force: true });
  }
}

test(`${kills} kills at random tokens`, () =>
  withServer(async (url, prodKey, kill) => {
    const colloquy = new Colloquy({ baseUrl: url, apiKey: prodKey });
    let killed = 0;
    for (let round = 0; killed < kills; round += 1) {
      assert.ok(round < 3 * kills, 'the answers end before they are cut');
      let reconnects = 0;
      const answer = colloquy.send('Hello', {
        onReconnect: () => {
          reconnects += 1;
        },
      });
      const at = Math.floor(Math.random() * (words.length - 20));
      let seen = 0;
      let restarted: Promise<unknown> | undefined;
      let text = '';
      for await (const event of answer) {
        if (event.type !== 'text') continue;
        text += event.text;
        seen += 1;
        if (seen !== at + 1) continue;
        restarted = kill();
      }
      await restarted;
      assert.equal(text, (await answer).text);
      assert.equal(text, words.join(''), `killed after ${at + 1} texts, ${reconnects} reconnects`);
      // On a busy machine the whole answer may have come before the kill.
      if (reconnects > 0) killed += 1;
    }
  }));

test('two views of a conversation ride through a kill, with what waits in it', () =>
  withServer(async (url, prodKey, kill) => {
    const key = new Colloquy({ baseUrl: url, apiKey: prodKey });
    const { token } = await key.tokens.create({ userId: 'ann' });
    const client = new Colloquy({ baseUrl: url, token });
    const one = createConversation(client);
    const seen = new Set<string>();
    const ends = [one.subscribe(() => void seen.add(one.getSnapshot().status))];
    await one.send('One');
    await one.send('Two');
    const two = createConversation(client, { session: one.getSnapshot().session });
    ends.push(two.subscribe(() => undefined));
    await until(two, ({ messages }) => (messages[1]?.content.length ?? 0) > 100);
    await kill();
    const all = words.join('');
    for (const view of [one, two]) {
      const shown = texts(await until(view, ({ messages }) => messages[3]?.status === 'done'));
      assert.deepEqual(shown, ['One', all, 'Two', all]);
      assert.equal((await ready(view)).queue.length, 0);
    }
    assert.ok(seen.has('reconnecting'));
    for (const end of ends) end();
  }));
