/** The console in other languages: from the link of the first start to an answer, every view, and the choice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { administer, furnish } from 'colloquy-testkit/tenants';
import { checkPage, person, startConsole, withChromium } from './console.ts';

/** What a person looks for, as the language says it. */
const languages = {
  'de-AT': {
    dir: 'ltr',
    name: 'Ihr Name',
    email: 'E-Mail',
    password: 'Neues Passwort',
    repeat: 'Dasselbe Passwort noch einmal',
    create: 'Konto anlegen',
    views: 'Ansichten',
    message: 'Nachricht',
    answer: 'Antwort von Guide',
    headings: {
      conversations: 'Unterhaltungen',
      personas: 'Personas',
      models: 'Modelle',
      keys: 'Schlüssel',
      usage: 'Nutzung',
      members: 'Mitglieder',
      settings: 'Einstellungen',
      health: 'Zustand',
    },
  },
  'ar-EG': {
    dir: 'rtl',
    name: 'اسمك',
    email: 'البريد الإلكتروني',
    password: 'كلمة مرور جديدة',
    repeat: 'كلمة المرور نفسها مرة أخرى',
    create: 'إنشاء الحساب',
    views: 'الصفحات',
    message: 'رسالة',
    answer: 'إجابة guide',
    headings: {
      conversations: 'المحادثات',
      personas: 'الشخصيات',
      models: 'النماذج',
      keys: 'المفاتيح',
      usage: 'الاستخدام',
      members: 'الأعضاء',
      settings: 'الإعدادات',
      health: 'الحالة',
    },
  },
} as const;

for (const [language, words] of Object.entries(languages)) {
  test(`${language}: from the first link to an answer, and every view`, withChromium, async () => {
    await using opened = await startConsole();
    const { server, url } = opened;
    const page = await opened.newPageIn(language);
    await page.goto(opened.setUpLink);
    await page.getByLabel(words.name).fill(person.name);
    const html = page.locator('html');
    assert.equal(await html.getAttribute('lang'), language.slice(0, 2));
    assert.equal(await html.getAttribute('dir'), words.dir);
    await checkPage(page, `${language}-setup`, ['light']);
    await page.getByLabel(words.email).fill(person.email);
    await page.getByLabel(words.password).fill(person.password);
    await page.getByLabel(words.repeat).fill(person.password);
    await page.getByRole('button', { name: words.create }).click();
    await page.getByRole('navigation', { name: words.views, exact: true }).waitFor();
    await page.goto(`${url}/chat`);
    await page.getByLabel(words.message, { exact: true }).fill('Hello, who are you?');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: words.answer }).waitFor();
    await page.locator('article:not([aria-busy=true])').nth(1).waitFor();
    await checkPage(page, `${language}-answer`, ['light']);
    const { data } = await administer<{ data: { id: string }[] }>(server.url, 'GET', '/organizations');
    await furnish(server.url, data[0]?.id ?? '', server.upstream);
    for (const [view, heading] of Object.entries(words.headings)) {
      await page.goto(`${url}/${view}`);
      await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
      await page.waitForLoadState('networkidle');
      await checkPage(page, `${language}-${view}`, ['light']);
    }
    // Before somebody has signed in, the console asks who it is.
    assert.deepEqual(opened.complaintsBut(/status of 401/), []);
  });
}

test('the language that is chosen is kept, and English comes back', withChromium, async () => {
  await using opened = await startConsole();
  const { page, url } = opened;
  await opened.setUp();
  await page.goto(`${url}/settings`);
  await page.getByLabel('Language').selectOption({ label: 'Deutsch' });
  await page.getByRole('heading', { name: 'Einstellungen' }).waitFor();
  await page.goto(`${url}/models`);
  await page.getByRole('heading', { name: 'Modelle' }).waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'de');
  await page.goto(`${url}/settings`);
  await page.getByLabel('Sprache').selectOption({ label: 'Wie der Browser' });
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  assert.deepEqual(opened.complaints, []);
});

test('a language that can’t be loaded is English', withChromium, async () => {
  await using opened = await startConsole();
  const page = await opened.newPageIn('de');
  await page.route(/\/de-[A-Z0-9]+\.js$/, (route) => route.abort());
  await page.goto(opened.url);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(await page.locator('html').getAttribute('lang'), 'en');
});
