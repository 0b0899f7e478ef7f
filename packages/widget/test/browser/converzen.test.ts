/** The classic script, and the calls of ConverZen's widget that it answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { describeOnSite, visit } from './visit.ts';

describeOnSite('the classic script and the widget', (stage) => {
  test('the classic script, and the calls of ConverZen’s widget before it is there', async () => {
    const calls = `document.addEventListener('DOMContentLoaded', () => {
      cvzWidget.init({
        chatUrl: '${stage.site.server}',
        getToken: async (clientId) => {
          window.clientId = clientId;
          const { token, expires_at } = await (await fetch('/chat-token', { method: 'POST' })).json();
          return { token, expiresAt: expires_at };
        },
        headerMsg: 'Origin', initialGreeting: 'Hi there', autoOpen: true, persistMessages: false,
        style: { position: 'bottom-left', buttonColor: '#770000' },
        onSaveMessages: async (session, messages) => { window.session = session; window.saved = messages; },
        onLoadMessages: async () => ({ sessionId: 'of-another-server', messages: window.kept ?? [] }),
        extraContext: { page: 'home' },
      });
    });`;
    const { page, context, complaints, panel, say, answered } = await visit(
      stage.browser,
      stage.site.page(`<script src="{server}/widget.iife.js" data-compat="converzen"></script>`, {
        script: calls,
      }),
    );
    await panel.getByText('Hi there').waitFor();
    assert.equal(await panel.getByRole('heading', { level: 2 }).textContent(), 'Origin');
    assert.ok(((await panel.boundingBox())?.x ?? 999) < 100);
    stage.site.upstream.enqueue(answer('Hello from here'));
    await say('Hello');
    assert.equal(await answered(), 'Hello from here');
    await page.waitForFunction(() => (window as { saved?: readonly unknown[] } & Window).saved?.length === 2);
    assert.deepEqual(await page.evaluate('window.saved.map(({ role, content }) => [role, content])'), [
      ['USER', 'Hello'],
      ['ASSISTANT', 'Hello from here'],
    ]);
    assert.match((await page.evaluate('window.session')) as string, /^[0-9a-f-]{36}$/);
    assert.match((await page.evaluate('window.clientId')) as string, /^[0-9a-f-]{36}$/);
    await page.evaluate('GMCWidget.hide()');
    assert.equal(await page.locator('colloquy-chat').count(), 0);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('what the page has kept of a conversation is shown where the server has none, and goes with it', async () => {
    const calls = `document.addEventListener('DOMContentLoaded', () => {
      cvzWidget.init({
        getToken: async () => (await fetch('/chat-token', { method: 'POST' })).json(),
        autoOpen: true, persistMessages: false,
        onSaveMessages: async (session, messages) => { window.saved = messages; },
        onLoadMessages: async () => ({ sessionId: 'cvz-1', messages: [
          { role: 'SYSTEM', content: 'Greeting of before' },
          { role: 'USER', content: 'Kept **question**' },
          { role: 'ASSISTANT', content: 'Kept **answer** <img src=x onerror=alert(1)> of \`a < b\`', sources: [] },
        ] }),
      });
    });`;
    const { page, context, complaints, panel, say, answered } = await visit(
      stage.browser,
      stage.site.page(`<script src="{server}/widget.iife.js" data-compat="converzen"></script>`, {
        script: calls,
      }),
    );
    await panel.getByText('Kept **question**').waitFor();
    assert.equal(await panel.locator('article strong').textContent(), 'answer');
    assert.equal(await panel.locator('article img').count(), 0);
    assert.equal(await panel.locator('article code').textContent(), 'a < b');
    assert.equal(await panel.getByText('Greeting of before').count(), 0);
    stage.site.upstream.enqueue(answer('And more'));
    await say('More');
    assert.equal(await answered(), 'And more');
    assert.equal(await panel.locator('article').count(), 4);
    await page.waitForFunction(() => (window as { saved?: readonly unknown[] } & Window).saved?.length === 4);
    await panel.getByRole('button', { name: 'Menu' }).click();
    await panel.getByRole('button', { name: 'New conversation' }).click();
    await page.waitForFunction(() => (window as { saved?: readonly unknown[] } & Window).saved?.length === 0);
    assert.equal(await panel.locator('article').count(), 0);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('the classic script alone is as the module is', async () => {
    const { context, launcher, panel } = await visit(
      stage.browser,
      stage.site.page(
        '<script src="{server}/widget.iife.js" data-token-endpoint="/chat-token" data-lang="fr"></script>',
      ),
    );
    await launcher.click();
    await panel
      .getByText('Bonjour ! Comment puis-je vous aider ?')
      .or(panel.locator('article').first())
      .first()
      .waitFor();
    await panel.getByRole('textbox', { name: 'Message' }).waitFor();
    assert.equal(await panel.locator('[part~=send]').getAttribute('aria-label'), 'Envoyer');
    await context.close();
  });
});
