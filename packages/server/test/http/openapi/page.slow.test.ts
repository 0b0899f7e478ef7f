/** The page of `/docs` in Chromium: it asks no other host, shows every dialect, and sends what `page-requests.ts` says. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chromiumForTests } from 'colloquy-testkit/services';
import { type Browser, chromium, type Page } from 'playwright-core';
import { dialectRegistry } from '../../../src/http/dialects/registry.ts';
import { operatorKey, startTestApp, type TestApp } from '../http-app.ts';
import {
  operationsOf,
  type PlacedOperation,
  pageRequest,
  type ShownDocument,
  takesAdminKey,
} from './page-requests.ts';

const installed = chromiumForTests();

/** One of every kind: with a body, as a stream, with optional parameters, with ids, of the administration. */
const tried: Readonly<Record<string, number>> = {
  complete: 200,
  streamCompletion: 200,
  createResponse: 200,
  listConversations: 403,
  eraseMe: 404,
  listOrganizations: 200,
};

describe('the page of the documentation', 'skip' in installed ? installed : {}, () => {
  if ('skip' in installed) return;
  let app: TestApp;
  let operations: readonly PlacedOperation[];
  let browser: Browser;
  let page: Page;
  const elsewhere: string[] = [];
  const complaints: string[] = [];

  before(async () => {
    app = await startTestApp('sqlite');
    operations = operationsOf((await app.call('/docs/openapi.json')).body as ShownDocument);
    browser = await chromium.launch({ executablePath: installed.path, args: ['--no-sandbox'] });
    page = await browser.newPage();
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(app.url) && !/^(?:data|blob):/.test(url)) elsewhere.push(url);
    });
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${app.url}/docs`);
    await page.getByText('Start a session and stream the answer').first().waitFor();
  });

  after(async () => {
    await browser?.close();
    await app?.[Symbol.asyncDispose]();
  });

  test('it asks no other host', () => {
    assert.deepEqual(elsewhere, []);
    assert.deepEqual(complaints, []);
  });

  test('it shows every dialect', async () => {
    for (const { tag } of Object.values(dialectRegistry))
      await page.locator(`a[href="#tag/${tag.name}"]`).first().waitFor();
  });

  for (const [id, status] of Object.entries(tried)) {
    test(`Test Request of ${id}`, async () => {
      await typeKeys(page, app.prodKey);
      const operation = operations.find(({ operationId }) => operationId === id) ?? assert.fail(id);
      const { method, path, tags = [] } = operation;
      const expected = pageRequest(operation);
      const hash = `tag/${tags[0]}/${method}${path}`;
      await page.evaluate((to) => {
        location.hash = to;
      }, hash);
      const section = page.locator(`[id$=${JSON.stringify(hash)}]`).first();
      await section
        .getByRole('button', { name: /Test Request/ })
        .first()
        .click();
      const answered = page.waitForResponse(
        (response) =>
          response.request().method() === method &&
          new URL(response.url()).pathname === new URL(expected.path, app.url).pathname,
      );
      await page.getByRole('button', { name: /^Send/ }).first().click();
      const response = await answered;
      const sent = response.request();
      assert.equal(sent.url(), app.url + expected.path);
      assert.deepEqual(sent.postDataJSON() ?? undefined, expected.body);
      const headers = await sent.allHeaders();
      for (const [name, value] of Object.entries(expected.headers)) assert.equal(headers[name], value, name);
      const credential = takesAdminKey(operation)
        ? { authorization: `Bearer ${operatorKey}` }
        : { 'x-api-key': app.prodKey };
      const { authorization, 'x-api-key': key } = headers;
      assert.deepEqual(
        { ...(authorization && { authorization }), ...(key && { 'x-api-key': key }) },
        credential,
      );
      for (const optional of ['idempotency-key', 'last-event-id']) assert.equal(headers[optional], undefined);
      assert.equal(response.status(), status);
      await page.keyboard.press('Escape');
    });
  }
});

/** Types both keys on top of the page, unless they stand there. */
async function typeKeys(page: Page, apiKey: string): Promise<void> {
  const [key, admin] = await page.locator('input.scalar-password-input').all();
  if (key === undefined || admin === undefined) assert.fail('there are two credentials on top');
  if ((await key.inputValue()) !== '') return;
  await key.fill(apiKey);
  await admin.fill(operatorKey);
}
