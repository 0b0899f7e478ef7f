/** The widget while things go wrong: servers that die, tokens that are refused, networks that go away, pages that change. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, gate, type RecordedRequest, type Script } from 'colloquy-testkit/upstream/scripted-upstream';
import { describeOnSite, visit } from './visit.ts';

const script = '<script type="module" src="{server}/widget.js" data-token-endpoint="/chat-token"></script>';
const words = Array.from({ length: 150 }, (_, index) => `Wort${index} ž💡 `);
const whole = words.join('');

/** A model that is asked to go on goes on where it was cut off. */
function longAnswer({ body }: RecordedRequest): Script {
  const last = body?.messages?.at(-1);
  const done = last?.role === 'assistant' ? last.content : '';
  const rest = whole.startsWith(done) ? whole.slice(done.length) : whole;
  return answer(rest, { tokens: rest.match(/\S+ \S+ |.+$/gu) ?? [], intervalMs: 10 });
}

/** An answer that stops after its first words until it is let go. */
function halting(first: string, rest: string): { readonly script: Script; readonly release: () => void } {
  const { step, release } = gate();
  return {
    release,
    script: {
      steps: [
        { do: 'headers' },
        { do: 'tokens', tokens: [first] },
        step,
        { do: 'tokens', tokens: [rest] },
        { do: 'finish' },
        { do: 'end' },
      ],
    },
  };
}

describeOnSite('the widget in trouble', (stage) => {
  test('the server is killed in mid-answer and comes back: the text is exact to the letter', async () => {
    const { page, context, complaints, launcher, panel, answers, say, answered } = await visit(
      stage.browser,
      stage.site.page(script),
    );
    await launcher.click();
    stage.site.upstream.setDefault(longAnswer);
    await say('Tell me everything');
    await answers.last().getByText('Wort20 ').waitFor();
    const start = await stage.site.kill();
    await panel.getByText('Connection lost. Reconnecting…').waitFor();
    await start();
    assert.equal((await answered()).trim(), whole.trim());
    assert.equal(await panel.getByText('Connection lost. Reconnecting…').count(), 0);
    await page.reload();
    await answers.last().waitFor();
    assert.equal((await answered()).trim(), whole.trim());
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('a page that is reloaded in mid-answer goes on with it, and another tab shows the same', async () => {
    const { page, context, launcher, say, answers, answered } = await visit(
      stage.browser,
      stage.site.page(script),
    );
    const other = await visit(stage.browser, page.url(), { context });
    await launcher.click();
    await other.launcher.click();
    await other.panel.getByText('Hello! How can I help you?').or(other.answers.first()).first().waitFor();
    const { script: halted, release } = halting('First half,', ' second half.');
    stage.site.upstream.enqueue(halted);
    await say('Two halves, please');
    await answers.last().getByText('First half,').waitFor();
    await other.answers.last().getByText('First half,').waitFor();
    await page.reload();
    await answers.last().getByText('First half,').waitFor();
    release();
    assert.equal(await answered(), 'First half, second half.');
    assert.equal(await other.answered(), 'First half, second half.');
    await context.close();
  });

  test('a token that is refused is fetched anew, once', async () => {
    const { page, context, launcher, panel, say, answered } = await visit(
      stage.browser,
      stage.site.page(script),
    );
    await launcher.click();
    await panel.locator('[part~=send]').waitFor();
    await panel
      .getByText('Hello! How can I help you?')
      .or(panel.locator('article').first())
      .first()
      .waitFor();
    const before = stage.site.tokens;
    let refusals = 0;
    await page.route(`${stage.site.server}/api/chat/**/stream`, async (route) => {
      if (route.request().method() !== 'POST' || refusals > 0) return route.fallback();
      refusals += 1;
      return route.fulfill({
        status: 401,
        headers: { 'Access-Control-Allow-Origin': '*' },
        json: { error: 'the token has ended', code: 'unauthenticated' },
      });
    });
    stage.site.upstream.enqueue(answer('With a new token'));
    await say('Hello');
    assert.equal(await answered(), 'With a new token');
    assert.deepEqual([refusals, stage.site.tokens - before], [1, 1]);
    await context.close();
  });

  test('a site that wants to know its visitor first is said so, and tried again', async () => {
    stage.site.tokenAnswer = { status: 401 };
    const signIn = script.replace('></', ' data-signin-href="/sign-in"></');
    const { context, launcher, panel, say, answered } = await visit(stage.browser, stage.site.page(signIn));
    await launcher.click();
    await panel.getByText('Please sign in to chat.').waitFor();
    assert.equal(
      await panel.getByRole('link', { name: 'Sign in' }).getAttribute('href'),
      `${stage.site.url}/sign-in`,
    );
    stage.site.tokenAnswer = 'token';
    await panel.getByRole('button', { name: 'Try again' }).click();
    stage.site.upstream.enqueue(answer('Welcome'));
    await say('Hello');
    assert.equal(await answered(), 'Welcome');
    await context.close();
  });

  test('a token endpoint that answers nonsense is told in the page’s console, and the visitor sees a sentence', async () => {
    stage.site.tokenAnswer = { status: 404 };
    const { page, context, launcher, panel } = await visit(
      stage.browser,
      stage.site.page(script, {
        script: "addEventListener('colloquy:error', ({ detail }) => { window.told = detail; });",
      }),
    );
    await launcher.click();
    await panel.getByText('This is not allowed here.').waitFor();
    const told = (await page.evaluate('window.told')) as { code: string; message: string };
    assert.equal(told.code, 'forbidden');
    assert.match(
      told.message,
      /must answer the JSON of get_token: \{"token", "expires_at"\}; it answered 404/,
    );
    stage.site.tokenAnswer = 'token';
    await context.close();
  });

  test('a server that wants time is given it, and the visitor reads how long', async () => {
    const { page, context, launcher, panel, say, answered } = await visit(
      stage.browser,
      stage.site.page(script),
    );
    await launcher.click();
    await panel
      .getByText('Hello! How can I help you?')
      .or(panel.locator('article').first())
      .first()
      .waitFor();
    let refusals = 0;
    await page.route(`${stage.site.server}/api/chat/**/stream`, async (route) => {
      if (route.request().method() !== 'POST' || refusals > 0) return route.fallback();
      refusals += 1;
      return route.fulfill({
        status: 429,
        headers: {
          'Access-Control-Allow-Origin': '*',
          'Access-Control-Expose-Headers': 'Retry-After',
          'Retry-After': '2',
        },
        json: { error: 'too many', code: 'rate_limited' },
      });
    });
    stage.site.upstream.enqueue(answer('In time'));
    await say('Now');
    await panel.getByText(/^You can write again in \d seconds?\.$/).waitFor();
    assert.equal(await answered(), 'In time');
    assert.equal(await panel.getByText('You can write again').count(), 0);
    assert.equal(refusals, 1);
    await context.close();
  });

  test('a network that goes away and comes back', async () => {
    const { context, launcher, panel, field, say, answers, answered } = await visit(
      stage.browser,
      stage.site.page(script),
    );
    await launcher.click();
    stage.site.upstream.setDefault(longAnswer);
    await say('Everything once more');
    await answers.last().getByText('Wort10 ').waitFor();
    await context.setOffline(true);
    // What is open stays open for Chromium, so the answer may end; what is said now is not lost.
    await answered();
    await field.fill('Are you there?');
    await field.press('Enter');
    await panel
      .getByText('Connection lost. Reconnecting…')
      .or(panel.getByText('The connection was lost.'))
      .first()
      .waitFor({ timeout: 60_000 });
    stage.site.upstream.enqueue(answer('I am'));
    await context.setOffline(false);
    const again = panel.getByRole('button', { name: 'Try again' });
    if (await again.isVisible()) await again.click();
    await answers.last().getByText('I am').waitFor({ timeout: 30_000 });
    await context.close();
  });

  test('a second message waits for its turn, and can be taken back', async () => {
    const { page, context, launcher, panel, say, answers, answered } = await visit(
      stage.browser,
      stage.site.page(script),
    );
    await launcher.click();
    const { script: halted, release } = halting('One', ' and done');
    stage.site.upstream.enqueue(halted);
    await say('First');
    await answers.last().getByText('One').waitFor();
    await say('Second');
    await say('Third');
    const queued = panel.locator('[data-state=queued]');
    await queued.nth(1).waitFor();
    assert.match((await queued.nth(1).textContent()) ?? '', /Third.*Waiting, place 2/);
    // The question and the place of its answer: as long as the server has them, they have their turn.
    const deletions = [0, 1].map((nth) => {
      let seen = 0;
      return page.waitForResponse((response) => response.request().method() === 'DELETE' && seen++ === nth);
    });
    await queued.nth(0).getByRole('button', { name: 'Remove' }).click();
    await queued.nth(1).waitFor({ state: 'detached' });
    await Promise.all(deletions);
    stage.site.upstream.enqueue(answer('Third it is'));
    release();
    await answers.last().getByText('Third it is').waitFor();
    await answered();
    assert.deepEqual(
      await panel
        .locator('[part~=user] [part~=text]')
        .allTextContents()
        .then((all) => all.slice(-2)),
      ['First', 'Third'],
    );
    assert.equal(stage.site.upstream.requests.at(-1)?.lastUserMessage, 'Third');
    await context.close();
  });

  test('an answer that fails can be given again, without the words of the provider', async () => {
    const { context, launcher, panel, say, answers, answered } = await visit(
      stage.browser,
      stage.site.page(script),
    );
    await launcher.click();
    stage.site.upstream.enqueue({
      status: 400,
      body: { error: { message: 'secret words of the provider', type: 'invalid' } },
    });
    await say('Fail');
    await answers.last().getByText('The model can’t answer at the moment.').waitFor();
    assert.equal(await panel.getByText('secret words').count(), 0);
    stage.site.upstream.enqueue(answer('Now it works'));
    await answers.last().getByRole('button', { name: 'Answer again' }).click();
    await answers.last().getByText('Now it works').waitFor();
    assert.equal(await answered(), 'Now it works');
    await context.close();
  });

  test('a message that is refused is told to the page once', async () => {
    const { page, context, answers } = await visit(
      stage.browser,
      stage.site.page(script, {
        script: `window.heard = [];
          addEventListener('colloquy:error', ({ detail }) => window.heard.push(detail.code));`,
      }),
    );
    const send = (text: string) =>
      page.evaluate(async (said) => {
        await customElements.whenDefined('colloquy-chat');
        const chat = document.querySelector('colloquy-chat') as HTMLElement & {
          send(text: string): Promise<boolean>;
        };
        return chat.send(said);
      }, text);
    assert.equal(await send('x'.repeat(9000)), false);
    assert.equal(await send('x'.repeat(9000)), false);
    assert.deepEqual(await page.evaluate('window.heard'), ['invalid_request', 'invalid_request']);
    stage.site.upstream.enqueue(answer('Fine'));
    assert.equal(await send('Hello'), true);
    await answers.last().getByText('Fine').waitFor();
    assert.deepEqual(await page.evaluate('window.heard'), ['invalid_request', 'invalid_request']);
    await context.close();
  });

  test('removed and added again, and a body that another one replaces', async () => {
    const { page, context, complaints, launcher, panel, answers, say, answered } = await visit(
      stage.browser,
      stage.site.page(script),
    );
    await launcher.click();
    stage.site.upstream.enqueue(answer('Kept'));
    await say('Keep this');
    await answered();
    await page.evaluate(() => {
      const chat = document.querySelector('colloquy-chat');
      chat?.remove();
      return new Promise<void>((resolve) =>
        setTimeout(() => resolve(void (chat && document.body.append(chat)))),
      );
    });
    await answers.last().getByText('Kept').waitFor();
    await page.evaluate(() => {
      const body = document.createElement('body');
      body.append(document.createElement('h1'));
      document.documentElement.replaceChild(body, document.body);
    });
    await panel.waitFor();
    await answers.last().getByText('Kept').waitFor();
    assert.equal(await page.locator('colloquy-chat').count(), 1);
    stage.site.upstream.enqueue(answer('Still there'));
    await say('And now?');
    assert.equal(await answered(), 'Still there');
    assert.deepEqual(complaints, []);
    await context.close();
  });
});
