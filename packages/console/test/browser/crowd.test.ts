/** A console that is full, with names and texts of the kinds that break pages, at 400 % zoom: 320 by 256 pixels. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { violationsOf } from 'colloquy-testkit/web/violations';
import { excessOf, withChromium } from './console.ts';
import { type Crowd, hardNames, startCrowd } from './crowd.ts';

/** More than the hard names, so that lists have others, too. */
const many = 12;

describe('a console that is full', withChromium, () => {
  let opened: Crowd;
  before(async () => {
    opened = await startCrowd(many);
  });
  after(() => opened?.[Symbol.asyncDispose]());

  test('no view is wider than the window, and axe finds nothing', async () => {
    const places = [
      ...['/chat', '/chat/list', '/conversations', '/conversations/users', '/personas', '/personas/new'],
      ...['/models', '/models/add', '/keys', '/keys/new', '/usage', '/usage?show=cost&by=key', '/members'],
      ...['/members/organizations', '/settings', '/health', '/no-such-view'],
      ...['organization', 'webhooks', 'audit'].map((tab) => `/settings?tab=${tab}`),
      ...['try', 'history', 'use', 'settings'].map((tab) => `${opened.places.persona}?tab=${tab}`),
      ...Object.values(opened.places),
    ];
    const wrong: string[] = [];
    for (const place of places) {
      const page = await opened.open(place);
      await page.setViewportSize({ width: 320, height: 256 });
      await page.waitForLoadState('networkidle');
      const excess = await excessOf(page);
      if (excess > 0) wrong.push(`${place}: ${excess} px too wide`);
      wrong.push(...(await violationsOf(page)).map((violation) => `${place}: ${violation}`));
      await page.close();
    }
    assert.deepEqual(wrong, []);
  });

  test('dialogs are no wider than the window, and all of them is reached', async () => {
    const page = await opened.open(opened.places.key ?? '');
    await page.setViewportSize({ width: 320, height: 256 });
    const excess = () =>
      page.evaluate(() =>
        Math.max(
          ...[...document.querySelectorAll('dialog[open], dialog[open] *')].map(
            (one) => one.getBoundingClientRect().right - innerWidth,
          ),
        ),
      );
    await page.getByRole('button', { name: 'Revoke' }).click();
    const dialog = page.getByRole('dialog');
    const cancel = dialog.getByRole('button', { name: 'Cancel' });
    await cancel.scrollIntoViewIfNeeded();
    assert.ok((await excess()) <= 0);
    assert.deepEqual(await violationsOf(page), []);
    await cancel.click();
    await page.keyboard.press('Control+k');
    await dialog.getByRole('combobox').fill('W');
    await dialog.getByRole('option', { name: hardNames[0] }).first().waitFor();
    assert.ok((await excess()) <= 0);
    assert.deepEqual(await violationsOf(page), []);
    await page.close();
  });

  test('names are shown as they are, and run nothing', async () => {
    const page = await opened.open('/personas');
    for (const name of hardNames) await page.getByRole('link', { name, exact: true }).waitFor();
    await page.close();
  });

  test('what can not be read is said, with a title and a way to try again', async () => {
    const { persona = '', key = '', model = '', conversation = '' } = opened.places;
    const page = await opened.newPage();
    await page.route(/\/api\/(?!console|admin\/organizations$)/, (route) =>
      route.fulfill({ status: 403, json: { error: 'this is for others', code: 'forbidden' } }),
    );
    const lists = [
      '/chat',
      '/conversations',
      '/personas',
      '/models',
      '/keys',
      '/usage',
      '/members',
      '/health',
    ];
    for (const place of [...lists, persona, key, model, conversation]) {
      await page.goto(opened.url + place);
      await page.getByText('this is for others').first().waitFor();
      await page.locator('h1:visible').first().waitFor();
      await page.getByRole('button', { name: 'Try again' }).last().click();
      await page.getByText('this is for others').last().waitFor();
      assert.deepEqual(await violationsOf(page), [], place);
    }
    await page.close();
  });

  test('how often a persona was asked is a number', async () => {
    const page = await opened.open('/personas');
    const row = page
      .getByRole('row')
      .filter({ has: page.getByRole('link', { name: hardNames[0], exact: true }) });
    // That of each end user, and one that failed.
    await row
      .getByRole('cell', { name: String(many + 1), exact: true })
      .last()
      .waitFor();
    await page.close();
  });

  test('no page complained', () => assert.deepEqual(opened.complaintsBut(/status of 403/), []));
});
