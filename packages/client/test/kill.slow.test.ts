/** The server is killed in the middle of answers, again and again: the client's text is exact to the letter. */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { findFreePort } from 'colloquy-testkit/free-port';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { spawnServer } from 'colloquy-testkit/server-process';
import { administer, makeTenant } from 'colloquy-testkit/tenants';
import { answer as scripted, startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import { Colloquy } from '../src/index.ts';

const kills = 20;
const words = Array.from({ length: 120 }, (_, n) => `Wort${n} ž💡\n`);

test(`${kills} kills at random tokens`, async () => {
  const place = await emptyPlace('sqlite');
  await using upstream = await startScriptedUpstream();
  // A model that is asked to go on goes on where it was cut off.
  upstream.setDefault(({ body }) => {
    const last = body?.messages?.at(-1);
    const done = last?.role === 'assistant' ? last.content : '';
    const all = words.join('');
    const rest = all.startsWith(done) ? all.slice(done.length) : all;
    return scripted(rest, { tokens: rest.match(/[^\n]*\n|[^\n]+$/g) ?? [], intervalMs: 4 });
  });
  const environment = serverEnvironment(place, { PORT: String(await findFreePort()) });
  let server = await spawnServer(environment);
  try {
    const { prodKey, organizationId, modelId } = await makeTenant(server.url, upstream);
    const model = `/organizations/${organizationId}/models/${modelId}`;
    await administer(server.url, 'PATCH', model, { can_continue: true });
    const colloquy = new Colloquy({ baseUrl: server.url, apiKey: prodKey });
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
        killed += 1;
        server.signal('SIGKILL');
        restarted = server.exited.then(async () => {
          server = await spawnServer(environment);
        });
      }
      await restarted;
      assert.equal(text, (await answer).text);
      assert.equal(text, words.join(''), `killed after ${at + 1} texts, ${reconnects} reconnects`);
      assert.ok(restarted === undefined || reconnects > 0);
    }
  } finally {
    await server[Symbol.asyncDispose]();
    await rm(place.dataDir, { recursive: true, force: true });
  }
});
