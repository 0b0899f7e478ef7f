/** Passkeys, with the authenticator that Chromium plays: added, used to sign in, renamed, deleted. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { CDPSession, Page } from 'playwright-core';
import { checkPage, person, startConsole, type TestConsole, withChromium } from './console.ts';

const inTheConsole = { name: 'Views' };

type Credential = Awaited<ReturnType<Authenticator['credentials']>>[number];

/** An authenticator like that of a phone, which verifies its owner. */
class Authenticator {
  #page: Page;
  #session: CDPSession | undefined;
  #authenticatorId = '';

  constructor(page: Page) {
    this.#page = page;
  }

  /** @param credentials what it holds */
  async plugIn(credentials: readonly Credential[] = []): Promise<void> {
    await this.#session?.detach();
    this.#session = await this.#page.context().newCDPSession(this.#page);
    await this.#session.send('WebAuthn.enable');
    const { authenticatorId } = await this.#session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    this.#authenticatorId = authenticatorId;
    for (const credential of credentials) {
      await this.#session.send('WebAuthn.addCredential', { authenticatorId, credential });
    }
  }

  async credentials() {
    assert.ok(this.#session);
    const { credentials } = await this.#session.send('WebAuthn.getCredentials', {
      authenticatorId: this.#authenticatorId,
    });
    return credentials;
  }

  async verifies(isUserVerified: boolean): Promise<void> {
    const authenticatorId = this.#authenticatorId;
    await this.#session?.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
  }

  /** Chromium takes it away with whatever else looks at the page, as the check for accessibility does. */
  async check(name: string): Promise<void> {
    const credentials = await this.credentials();
    await checkPage(this.#page, name);
    await this.plugIn(credentials);
  }
}

describe('passkeys', withChromium, () => {
  let opened: TestConsole;
  let page: Page;
  let phone: Authenticator;
  before(async () => {
    opened = await startConsole();
    await opened.setUp();
    page = opened.page;
    phone = new Authenticator(page);
    await phone.plugIn();
  });
  after(() => opened?.[Symbol.asyncDispose]());

  const signOut = async (): Promise<void> => {
    await page.getByRole('button', { name: 'Account: Ada' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  };

  test('one is added by keyboard alone, and a second one of the same device is not', async () => {
    await page.goto(`${opened.url}/settings`);
    await page.getByRole('button', { name: 'Add a passkey' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('My phone');
    await phone.check('settings-passkey-new');
    await dialog.getByLabel('Name').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('status').getByText('The passkey is added').waitFor();
    await page.locator('tbody tr', { hasText: 'My phone' }).getByText('Never').waitFor();
    await phone.check('settings-passkeys');

    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await dialog.getByLabel('Name').press('Enter');
    await dialog.getByText('has a passkey of this device already').waitFor();
    await phone.check('settings-passkey-known');
    await page.keyboard.press('Escape');
    assert.deepEqual(
      (await phone.credentials()).map(({ rpId, isResidentCredential, userName }) => [
        rpId,
        isResidentCredential,
        userName,
      ]),
      [['localhost', true, person.email]],
    );
  });

  test('it signs in without a name, in the account that it is of', async () => {
    await signOut();
    await phone.check('sign-in-with-passkey');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('navigation', inTheConsole).waitFor();
    await page.goto(`${opened.url}/settings`);
    const row = page.locator('tbody tr', { hasText: 'My phone' });
    await row.waitFor();
    assert.doesNotMatch((await row.textContent()) ?? '', /Never/);
  });

  test('who is not verified, or has none, stays out and is told so', async () => {
    await signOut();
    await phone.verifies(false);
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('alert').getByText('No passkey was used').waitFor();
    await phone.check('sign-in-without-passkey');
    await phone.verifies(true);
    // A passkey that the server has never heard of, and one whose counter has gone back.
    const [credential] = await phone.credentials();
    assert.ok(credential);
    const replace = (change: object): Promise<void> => phone.plugIn([{ ...credential, ...change }]);
    const refusals: readonly object[] = [
      { credentialId: Buffer.from('another passkey.').toString('base64') },
      { signCount: 0 },
      { userHandle: Buffer.from('somebody else').toString('base64') },
    ];
    for (const change of refusals) {
      await replace(change);
      const answered = page.waitForResponse('**/api/console/passkey-sign-in');
      await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
      assert.equal((await answered).status(), 401, JSON.stringify(change));
      await page.getByRole('alert').getByText('the passkey was not accepted').waitFor();
    }
    await replace({ signCount: credential.signCount + 10 });
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('navigation', inTheConsole).waitFor();
  });

  test('it is renamed, and deleted: then it signs in no more', async () => {
    await page.goto(`${opened.url}/settings`);
    const row = page.locator('tbody tr', { hasText: 'My phone' });
    await row.getByRole('button', { name: 'Rename' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox').fill('The old phone');
    await page.keyboard.press('Enter');
    const renamed = page.locator('tbody tr', { hasText: 'The old phone' });
    await renamed.getByRole('button', { name: 'Delete' }).click();
    await dialog.getByText('It signs nobody in any more').waitFor();
    await phone.check('settings-passkey-delete');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('status').getByText('The passkey is deleted').waitFor();
    await renamed.waitFor({ state: 'detached' });
    await signOut();
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByRole('alert').getByText('nobody here has it').waitFor();
  });

  test('where the server is reached by a number, the page says that there are none', async () => {
    const numbered = await opened.openSignedOut('');
    await numbered.goto(opened.url.replace('localhost', '127.0.0.1'));
    await numbered.getByText('Browsers have passkeys for host names alone').waitFor();
    assert.equal(await numbered.getByRole('button', { name: 'Sign in with a passkey' }).count(), 0);
    await checkPage(numbered, 'sign-in-at-a-number');
    await numbered.getByLabel('E-mail').fill(person.email);
    await numbered.getByLabel('Password').fill(person.password);
    await numbered.keyboard.press('Enter');
    await numbered.getByRole('navigation', inTheConsole).waitFor();
    await numbered.goto(`${opened.url.replace('localhost', '127.0.0.1')}/settings`);
    await numbered.getByRole('main').getByText('Browsers have passkeys for host names alone').waitFor();
    assert.equal(await numbered.getByRole('button', { name: 'Add a passkey' }).count(), 0);
  });

  test('no page complained', () => {
    assert.deepEqual(opened.complaintsBut(/status of 401/), []);
  });
});
