/** `useChat` in a browser on a real server: with the AI SDK's own transport, unmodified, and with ours. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { chromiumForTests } from 'colloquy-testkit/services';
import { answer as scripted } from 'colloquy-testkit/upstream/scripted-upstream';
import { startPage, type TestPage } from './page.ts';
import { holding } from './shown.ts';

const browser = chromiumForTests();

for (const transport of ['our', 'its own'])
  describe(`useChat on ${transport} transport`, 'skip' in browser ? browser : {}, () => {
    let server: TestServer;
    let site: TestPage;
    before(async () => {
      if ('skip' in browser) return;
      server = await startTestServer();
      site = await startPage('./use-chat-page.ts', server, browser.path);
    });
    after(async () => {
      await site?.[Symbol.asyncDispose]();
      await server?.[Symbol.asyncDispose]();
    });

    const click = (name: string) => site.page.getByRole('button', { name, exact: true }).click();
    const lines = () => site.page.locator('li').allTextContents();
    /** Resolves once the page shows this. */
    const shows = (status: string, wanted: readonly string[]) =>
      site.page.waitForFunction(
        ([state, text]) =>
          document.querySelector('#status')?.textContent === state &&
          [...document.querySelectorAll('li')].map((line) => line.textContent).join('\n') === text,
        [status, wanted.join('\n')],
      );

    test('sends, answers again, stops, and reads on after a reload', async () => {
      server.upstream.enqueue(scripted('Good day.'));
      await site.open(`?transport=${transport}&chat=one`);
      await shows('ready', []);
      await click('send');
      await shows('ready', ['user: Hello', 'assistant: Good day.']);

      server.upstream.enqueue(scripted('Good morning.'));
      await click('regenerate');
      await shows('ready', ['user: Hello', 'assistant: Good morning.']);

      const stopped = holding(server);
      await click('send');
      const until = ['user: Hello', 'assistant: Good morning.', 'user: Hello', 'assistant: Half '];
      await shows('streaming', until);
      await click('stop');
      await shows('ready', until);
      stopped.release();

      const held = holding(server);
      await click('send');
      await shows('streaming', [...until, 'user: Hello', 'assistant: Half ']);
      await site.page.reload();
      await shows('streaming', [...until, 'user: Hello', 'assistant: Half ']);
      held.release();
      await shows('ready', [...until, 'user: Hello', 'assistant: Half done']);
      await site.page.reload();
      await shows('ready', [...until, 'user: Hello', 'assistant: Half done']);
      assert.equal((await lines()).length, 6);
      assert.equal(await site.page.locator('#error').textContent(), '');
      // Of the chat that is new.
      assert.deepEqual(
        site.complaints.map((said) => /status of 404/.test(said)),
        [true],
      );
    });
  });
