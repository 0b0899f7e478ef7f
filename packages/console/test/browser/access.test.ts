/** What people see of links and of the way back from an OpenID provider. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { administer } from 'colloquy-testkit/tenants';
import { checkPage, person, startConsole, withChromium } from './console.ts';

const inTheConsole = { name: 'Views' };

test('why an OpenID provider led back without anybody signed in', withChromium, async () => {
  await using opened = await startConsole();
  const { url } = opened;
  await opened.setUp();
  const visitor = await opened.openSignedOut('#sign-in-error=no_account');
  await visitor.getByText('Nobody has invited you yet').waitFor();
  assert.ok(!visitor.url().includes('#'), 'the reason is not in the address any more');
  await checkPage(visitor, 'sign-in-without-invitation');
  await visitor.goto(`${url}#sign-in-error=something_new`);
  await visitor.getByText('Signing in there did not succeed').waitFor();
});

test('an invitation: for somebody new, and for the person who is signed in', withChromium, async () => {
  await using opened = await startConsole();
  const { page, url } = opened;
  await opened.setUp();
  const invite = (email: string, organizationId: string): Promise<string> =>
    page.evaluate(
      async ({ email, org_id }) => {
        const response = await fetch('/api/console/links', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ purpose: 'invite', email, org_id }),
        });
        return ((await response.json()) as { url: string }).url;
      },
      { email, org_id: organizationId },
    );
  const make = async (name: string): Promise<string> =>
    (await administer<{ id: string }>(opened.server.url, 'POST', '/organizations', { name })).id;
  const [first, second] = [await make('First'), await make('Second')];

  const fragment = (link: string): string => link.slice(link.indexOf('#'));
  const guest = await opened.openSignedOut(fragment(await invite('ben@example.com', first)));
  await guest.getByRole('heading', { name: 'First' }).waitFor();
  await checkPage(guest, 'invitation');
  await guest.getByLabel('Your name').fill('Ben');
  await guest.getByLabel('New password').fill('a password of his own');
  await guest.getByLabel('The same password again').fill('a password of his own');
  await guest.getByRole('button', { name: 'Set the password and sign in' }).click();
  await guest.getByRole('navigation', inTheConsole).waitFor();

  await page.goto(url + fragment(await invite(person.email, second)));
  await page.getByRole('heading', { name: 'Second' }).waitFor();
  await checkPage(page, 'invitation-of-who-is-signed-in');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('navigation', inTheConsole).waitFor();

  await guest.goto(url + fragment(await invite(person.email, first)));
  await guest.getByText('You have an account already').waitFor();
});
