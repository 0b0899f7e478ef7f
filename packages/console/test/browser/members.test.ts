/** Members and organizations, as the one who looks after them invites, changes and removes them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { checkPage, type FurnishedConsole, startFurnishedConsole, withChromium } from './console.ts';

describe('members and organizations', withChromium, () => {
  let opened: FurnishedConsole;
  before(async () => {
    opened = await startFurnishedConsole();
  });
  after(() => opened?.[Symbol.asyncDispose]());

  test('a link invites somebody, who signs in by it and is seen in the list', async () => {
    const page = await opened.open('/members');
    await page.getByRole('button', { name: 'Invite' }).click();
    const dialog = page.getByRole('dialog', { name: 'Invite somebody' });
    await dialog.getByLabel('E-mail').fill('no address');
    await page.keyboard.press('Enter');
    await dialog.getByText(/email must/).waitFor();
    await checkPage(page, 'members-invite');
    await dialog.getByLabel('E-mail').fill('grace@example.com');
    await dialog.getByLabel('Role').selectOption('Admin');
    await dialog.getByRole('button', { name: 'Make the link' }).click();
    const link = page.getByRole('dialog', { name: 'A link for grace@example.com' });
    const address = (await link.getByRole('region', { name: 'The link' }).textContent()) ?? '';
    assert.match(address, /\/console#link=/);
    await checkPage(page, 'members-link');
    await page.keyboard.press('Escape');

    const theirs = await opened.openSignedOut(address.slice(address.indexOf('/console') + '/console'.length));
    await theirs.getByLabel('Your name').fill('Grace');
    await theirs.getByLabel('New password').fill('another correct horse');
    await theirs.getByLabel('The same password again').fill('another correct horse');
    await theirs.keyboard.press('Enter');
    await theirs.getByRole('navigation', { name: 'Views' }).waitFor();

    await page.reload();
    const row = page.locator('tbody tr', { hasText: 'grace@example.com' });
    await row.getByText('In 1 browser').waitFor();
    await checkPage(page, 'members');
    await row.getByLabel('Role of Grace').selectOption('Member');
    await page.waitForFunction(
      () => document.querySelector<HTMLSelectElement>('[aria-label="Role of Grace"]')?.value === 'member',
    );
    await row.getByRole('button', { name: 'Actions for Grace' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Sign out everywhere' }).click();
    await row.getByText('Nowhere').waitFor();
    await theirs.reload();
    await theirs.getByLabel('Password').first().waitFor();
    await theirs.close();
    await row.getByRole('button', { name: 'Actions for Grace' }).click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await page
      .getByRole('dialog')
      .getByLabel(/to confirm/)
      .fill('Grace');
    await page.keyboard.press('Enter');
    await row.waitFor({ state: 'detached' });
    await page.close();
  });

  test('the last owner stays one, and the page says why', async () => {
    const page = await opened.open('/members');
    await page.getByLabel('Role of Ada').selectOption('Member');
    await page.getByRole('alert').getByText(/owner/).waitFor();
    assert.equal(await page.getByLabel('Role of Ada').inputValue(), 'owner');
    await page.close();
  });

  test('an organization is made, renamed, shown, and deleted by its name', async () => {
    const page = await opened.open('/members/organizations');
    await page.getByRole('button', { name: 'Make an organization' }).click();
    await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Beacon');
    await page.keyboard.press('Enter');
    const row = page.locator('tbody tr', { hasText: 'Beacon' });
    await row.waitFor();
    const act = async (item: string) => {
      await row.getByRole('button', { name: /^Actions for Beacon/ }).click();
      await page.getByRole('menuitem', { name: item }).click();
    };
    await act('Rename');
    await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('Beacon Ltd');
    await page.keyboard.press('Enter');
    await page.getByRole('cell', { name: 'Beacon Ltd', exact: true }).waitFor();
    await page.locator('header option', { hasText: 'Beacon Ltd' }).waitFor({ state: 'attached' });
    await checkPage(page, 'members-organizations');
    await act('Delete');
    await page
      .getByRole('dialog')
      .getByText(/0 members, 0 keys/)
      .waitFor();
    await checkPage(page, 'members-delete');
    await page
      .getByRole('dialog')
      .getByLabel(/to confirm/)
      .fill('Beacon Ltd');
    await page.keyboard.press('Enter');
    await row.waitFor({ state: 'detached' });
    await page.close();
  });

  test('accounts: one is made an operator and none any more, and deleted by its address', async () => {
    const page = await opened.open('/members');
    await page.getByRole('button', { name: 'Invite' }).click();
    await page.getByRole('dialog').getByLabel('E-mail').fill('alan@example.com');
    await page.getByRole('button', { name: 'Make the link' }).click();
    const address = (await page.getByRole('region', { name: 'The link' }).textContent()) ?? '';
    const theirs = await opened.openSignedOut(address.slice(address.indexOf('/console') + '/console'.length));
    await theirs.getByLabel('Your name').fill('Alan');
    await theirs.getByLabel('New password').fill('another correct horse');
    await theirs.getByLabel('The same password again').fill('another correct horse');
    await theirs.keyboard.press('Enter');
    await theirs.getByRole('navigation', { name: 'Views' }).waitFor();
    assert.equal(await theirs.getByRole('link', { name: 'Members' }).count(), 0);
    await page.keyboard.press('Escape');

    await page.getByRole('link', { name: 'Accounts' }).click();
    const row = page.locator('tbody tr', { hasText: 'alan@example.com' });
    await row.getByText('In 1 browser').waitFor();
    await page
      .locator('tbody tr', { hasText: 'ada@example.com' })
      .getByText('Operator', { exact: true })
      .waitFor();
    await checkPage(page, 'members-accounts');
    const act = async (item: string) => {
      await row.getByRole('button', { name: 'Actions for Alan' }).click();
      await page.getByRole('menuitem', { name: item }).click();
    };
    await act('Make an operator');
    await checkPage(page, 'members-make-operator');
    await page.getByRole('dialog').getByRole('button', { name: 'Make an operator' }).click();
    await row.getByText('Operator', { exact: true }).waitFor();
    await theirs.reload();
    await theirs.getByRole('link', { name: 'Members' }).first().waitFor();
    await act('Take the operator’s rights away');
    await page.keyboard.press('Tab');
    await page.getByRole('dialog').getByRole('button', { name: 'Take the operator’s rights away' }).click();
    await row.getByText('Operator', { exact: true }).waitFor({ state: 'detached' });

    await act('Delete the account');
    const dialog = page.getByRole('dialog', { name: 'Delete the account of Alan?' });
    const button = dialog.getByRole('button', { name: 'Delete the account' });
    assert.equal(await button.isDisabled(), true);
    await dialog.getByLabel(/to confirm/).fill('alan@example.com');
    await checkPage(page, 'members-delete-account');
    await page.keyboard.press('Enter');
    await row.waitFor({ state: 'detached' });
    await theirs.reload();
    await theirs.getByLabel('Password').first().waitFor();
    await theirs.close();
    await page.close();
  });

  test('the last operator stays one, and the page says why', async () => {
    const page = await opened.open('/members/accounts');
    await page.getByRole('button', { name: 'Actions for Ada' }).click();
    await page.getByRole('menuitem', { name: 'Take the operator’s rights away' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Take the operator’s rights away' }).click();
    await page
      .getByRole('dialog')
      .getByRole('alert')
      .getByText(/last operator/)
      .waitFor();
    await page.close();
  });

  test('no page complained', () => {
    assert.deepEqual(opened.complaintsBut(/status of (400|401|409)/), []);
  });
});
