/**
 * Makes the pictures of the README, from a server that was filled for it: `npm run pictures`. They are written to
 * `docs/pictures`, each 1200 by 760 pixels.
 */
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { administer } from 'colloquy-testkit/tenants';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { newId } from '../../../server/src/domain/ids.ts';
import type { ModelCall } from '../../../server/src/domain/usage.ts';
import { startConsole, type TestConsole } from './console.ts';

const target = join(import.meta.dirname, '../../../../docs/pictures');
const dayMs = 24 * 3_600_000;

const replies: readonly (readonly [question: string, reply: string])[] = [
  ['Draft a welcome mail for new customers', 'Gladly. Here is a first draft, short and friendly.'],
  ['Which plan has single sign-on?', 'Single sign-on is part of the **Team** and **Enterprise** plans.'],
  [
    'How do I resume a stream after my laptop slept?',
    `Send the id of the last event that you have seen; what comes behind it follows, also from another server:

\`\`\`sh
curl -N "$URL/api/generations/$ID/stream" \\
  -H "Authorization: Bearer $TOKEN" \\
  -H "Last-Event-ID: $LAST"
\`\`\`

| what happened | what you do |
|---|---|
| the connection broke | ask again with \`Last-Event-ID\` |
| the server was killed | the same: nothing that you have seen is lost |
| the answer has ended | you get the rest at once |

Our client for TypeScript does all of it **by itself**.`,
  ],
];

async function addModel(opened: TestConsole, organizationId: string, name: string): Promise<string> {
  const { server } = opened;
  const { id } = await administer<{ id: string }>(
    server.url,
    'POST',
    `/organizations/${organizationId}/models`,
    {
      name,
      provider: 'openai-compatible',
      model: name.toLowerCase().replaceAll(' ', '-'),
      base_url: server.upstream.openAiUrl,
      context_window: 128_000,
      prices: { input: 0.4, output: 1.6 },
    },
  );
  return id;
}

/** Two months of calls, more on workdays and of late, fewer of the dearer model. */
async function addUsage(
  { server }: TestConsole,
  organizationId: string,
  modelIds: readonly string[],
): Promise<void> {
  const modelCalls = Array.from({ length: 60 }, (_, daysAgo) => daysAgo).flatMap((daysAgo) => {
    const at = Date.now() - daysAgo * dayMs;
    const isWeekend = [0, 6].includes(new Date(at).getUTCDay());
    return modelIds.flatMap((modelId, index) => {
      const count = Math.round(
        ((isWeekend ? 14 : 40 + ((daysAgo * 7) % 18)) * (1 - daysAgo / 150)) / (index + 1),
      );
      return Array.from(
        { length: count },
        (_, call): ModelCall => ({
          id: newId(),
          generationId: null,
          organizationId,
          environment: 'prod',
          endUserId: null,
          apiKeyId: null,
          personaId: null,
          modelId,
          purpose: 'answer',
          promptTokens: 420 + ((call * 53) % 300),
          completionTokens: 130 + ((call * 31) % 160),
          provenance: 'reported',
          cost: 0.0004 * (index + 1),
          isRequest: true,
          isFailed: call % 37 === 36,
          firstTokenMs: 240 + ((call * 29) % 300),
          durationMs: 1900 + ((call * 97) % 2200),
          createdAt: at - call * 60_000,
        }),
      );
    });
  });
  for (let start = 0; start < modelCalls.length; start += 100) {
    await server.server.store.execute('accountCalls', { modelCalls: modelCalls.slice(start, start + 100) });
  }
}

async function take({ page }: TestConsole, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  const path = join(target, `${name}.png`);
  await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
  console.log(`${path}: ${Math.ceil((await stat(path)).size / 1000)} kB`);
}

await mkdir(target, { recursive: true });
await using opened = await startConsole();
const { page, url, server } = opened;
const organizationId = await opened.setUp();
await page.setViewportSize({ width: 1200, height: 760 });
const base = `/organizations/${organizationId}`;
const [small = '', large = ''] = [
  await addModel(opened, organizationId, 'Small'),
  await addModel(opened, organizationId, 'Large'),
];
await administer(server.url, 'PATCH', base, { name: 'Acme', default_model_id: small });
const persona = await administer<{ id: number }>(server.url, 'POST', `${base}/personas`, {
  name: 'Support',
  alias: 'support',
});
const settings = { model_id: small, temperature: 0.3 };
const prompt = 'You help the customers of Acme. Be brief and kind. Answer in the language of the question.';
await administer(server.url, 'PUT', `${base}/personas/${persona.id}/next`, {
  ...settings,
  system_prompt: prompt,
});
await administer(server.url, 'POST', `${base}/personas/${persona.id}/submit`);
await administer(server.url, 'PUT', `${base}/personas/${persona.id}/next`, {
  ...settings,
  temperature: 0.6,
  model_id: large,
  system_prompt: `${prompt.replace('brief and kind', 'kind, and cite the page that you draw on')} Today is {{date}}.`,
});

for (const [question, reply] of replies) {
  server.upstream.enqueue(answer(reply));
  await page.goto(`${url}/chat`);
  await page.getByLabel('Answers').selectOption({ label: 'Small' });
  await page.getByLabel('Message', { exact: true }).fill(question);
  await page.keyboard.press('Enter');
  await page
    .getByRole('button', { name: /^Regenerate|^Answer again|^Try again/ })
    .last()
    .waitFor();
}
await take(opened, 'chat');

await page.goto(`${url}/personas/${persona.id}`);
await page.locator('ins').first().waitFor();
await take(opened, 'persona');

await addUsage(opened, organizationId, [small, large]);
await page.emulateMedia({ colorScheme: 'dark' });
await page.goto(`${url}/usage`);
await page.getByRole('img').locator('canvas').waitFor();
await take(opened, 'usage');
