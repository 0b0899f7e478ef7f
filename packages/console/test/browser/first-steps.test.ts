/** From the printed link to a model that answers: setup, sign-in, sign-out, adding and testing models, the palette. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addScriptedModel, checkPage, person, startConsole, withChromium } from './console.ts';

test('setup, sign out, sign in', withChromium, async () => {
  await using opened = await startConsole();
  const { page, url } = opened;
  await page.goto(url);
  await page.getByText(/Nobody has an account yet/).waitFor();
  await checkPage(page, 'sign-in-without-account');
  // Only the fragment may differ from the page that is open.
  await page.goto('about:blank');
  await page.goto(opened.setUpLink);
  await page.getByLabel('Your name').fill(person.name);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('New password').fill(person.password);
  await page.getByLabel('The same password again').fill(person.password);
  await page.getByRole('button', { name: 'Create the account' }).click();
  await page.getByRole('navigation', { name: 'Views' }).waitFor();
  assert.ok(!page.url().includes('#'), 'the token is not in the address any more');
  await page.getByRole('button', { name: /^Account/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password').fill('a wrong password');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('alert').waitFor();
  await checkPage(page, 'sign-in-refused');
  await page.getByLabel('Password').fill(person.password);
  await page.keyboard.press('Enter');
  await page.getByRole('navigation', { name: 'Views' }).waitFor();
  await page.reload();
  await page.getByRole('navigation', { name: 'Views' }).waitFor();
  assert.deepEqual(opened.complaintsBut(/status of 401/), []);
});

test('a model is added by its address, tested, priced, and deleted', withChromium, async () => {
  await using opened = await startConsole();
  const { page, url, complaints } = opened;
  await opened.setUp();
  await page.goto(`${url}/models/add`);
  await page
    .getByRole('button', { name: /^OpenAI/ })
    .first()
    .waitFor();
  await checkPage(page, 'model-providers');
  await addScriptedModel(opened);
  await checkPage(page, 'models-added');
  await page.getByRole('link', { name: 'To the list' }).click();
  await page.getByRole('link', { name: 'scripted' }).waitFor();
  await checkPage(page, 'models');
  await page.getByRole('link', { name: 'scripted' }).click();
  await page.getByRole('heading', { name: 'scripted' }).waitFor();
  await checkPage(page, 'model');
  await page.getByLabel('Context in tokens').fill('a lot');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('This has to be a number.').waitFor();
  await page.getByLabel('Context in tokens').fill('8000');
  await page.getByLabel('Price of a million tokens of prompts').fill('1');
  await page.getByLabel('Price of a million tokens of answers').fill('2');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('1 in, 2 out').waitFor();
  await page.getByRole('button', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog');
  await checkPage(page, 'model-deleted');
  await dialog.getByLabel(/^Type/).fill('scripted');
  await dialog.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('heading', { name: 'Models' }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'scripted' }).count(), 0);
  assert.deepEqual(complaints, []);
});

test('by the keyboard alone: shortcuts, palette, menus', withChromium, async () => {
  await using opened = await startConsole();
  const { page, complaints } = opened;
  await opened.setUp();
  await page.getByRole('main').focus();
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await page.getByRole('heading', { name: 'Models' }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await checkPage(page, 'shortcuts');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('Control+k');
  await page.locator('[role=combobox]:focus').waitFor();
  await page.keyboard.type('gui');
  await page.getByRole('option', { name: /guide/ }).waitFor();
  await checkPage(page, 'palette');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'guide' }).waitFor();
  await page.getByRole('button', { name: 'Theme' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Theme');
  assert.deepEqual(complaints, []);
});
