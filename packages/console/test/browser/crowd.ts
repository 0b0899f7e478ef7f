/** A console that is full: hundreds of entries, with names and texts of the kinds that break pages. */

import { administer as administerServer } from 'colloquy-testkit/tenants';
import { answer, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { newId } from '../../../server/src/domain/ids.ts';
import type { ModelCall } from '../../../server/src/domain/usage.ts';
import { type FurnishedConsole, startFurnishedConsole } from './console.ts';

/** Without a place to break it, written from right to left, without blanks, of characters that are many, and of markup. */
export const hardNames = [
  'W'.repeat(200),
  'نموذج خدمة العملاء العربية لشركة الأمثلة ذات المسؤولية المحدودة',
  '👩‍👩‍👧‍👦🏳️‍🌈'.repeat(12),
  'ผู้ช่วยตอบคำถามลูกค้าภาษาไทยที่มีชื่อยาวมากและไม่มีช่องว่างเลยแม้แต่ช่องเดียว',
  '<b onclick="alert(1)">& "quoted" </b>',
  'Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen',
  'a\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308'.repeat(8),
  'https://intranet.example.com/very/long/path/without/a/blank/in/it?and=a&query=that&goes=on&and=on',
] as const;

const hardText = `${hardNames.join('\n\n')}

\`\`\`js
const line = '${'x'.repeat(300)}';
\`\`\`

| ${'column '.repeat(12)} | b | c | d | e | f |
|---|---|---|---|---|---|
| ${'y'.repeat(120)} | 2 | 3 | 4 | 5 | 6 |

1. مرحبا بالعالم with English inside
2. ${'https://example.com/'.repeat(12)}

> ${'quoted '.repeat(40)}

${'# Heading '.repeat(20)}
`;

export interface Crowd extends FurnishedConsole {
  /** Addresses behind `/console` of single things, by what they are. */
  readonly places: Readonly<Record<string, string>>;
}

/** The hard ones come last: most lists show what is newest first. */
/** The hard ones come last: most lists show what is newest first. */
const nameOf = (index: number, count: number): string => hardNames[count - 1 - index] ?? `Entry ${index}`;

/** @param count how many of each kind */
export async function startCrowd(count: number): Promise<Crowd> {
  await using owned = new AsyncDisposableStack();
  const opened = owned.use(await startFurnishedConsole());
  const { server, administer } = opened;
  const each = async <T>(many: number, make: (name: string, index: number) => Promise<T>): Promise<T[]> => {
    const made: T[] = [];
    for (let index = 0; index < many; index += 1) made.push(await make(nameOf(index, many), index));
    return made;
  };
  const models = await each(Math.min(count, 60), (name) =>
    administer<{ id: string }>('POST', '/models', {
      name,
      provider: 'openai-compatible',
      model: 'scripted',
      base_url: server.upstream.openAiUrl,
      context_window: 8000,
      prices: { input: 1, output: 2 },
    }),
  );
  const modelIds = models.map(({ id }) => id);
  const personas = await each(count, (name, index) =>
    administer<{ id: number }>('POST', '/personas', {
      name,
      alias: `persona-${index}-${'x'.repeat(40)}`,
      description: name,
    }),
  );
  const first = personas.at(-1)?.id ?? 0;
  const settings = { model_id: modelIds.at(-1), temperature: 0.3 };
  await administer('PUT', `/personas/${first}/next`, {
    ...settings,
    system_prompt: hardText,
    note: hardNames[0],
  });
  await administer('POST', `/personas/${first}/submit`);
  await administer('PUT', `/personas/${first}/next`, {
    ...settings,
    system_prompt: hardText.replaceAll('W', 'V'),
  });
  const limits = { budget_per_month: 0.000_05, tokens_per_day: 100, requests_per_minute: 100_000 };
  const keys = await each(count, (name) =>
    administer<{ id: string; key: string }>('POST', '/keys', {
      name,
      type: 'prod',
      default_persona_id: first,
      allowed_origins: [`https://${'long-'.repeat(10)}name.example.com`],
    }),
  );
  await administer('PATCH', `/keys/${keys.at(-1)?.id}`, { limits });
  await each(Math.min(count, 100), (name, index) =>
    administer('POST', '/members', { name, email: `${'m'.repeat(40)}${index}@example.com`, role: 'guest' }),
  );
  await each(4, (_, index) =>
    administer('POST', '/webhooks', {
      url: `https://hooks.example.com/${'path/'.repeat(30)}${index}`,
      events: ['conversation.deleted'],
      description: hardNames[index],
    }),
  );
  await administer('POST', '/question-sets', {
    name: hardNames[0],
    questions: hardNames.map((name) => ({ turns: [name] })),
  });
  await addUsage(
    opened,
    modelIds,
    keys.map(({ id }) => id),
  );
  const key = keys[1]?.key ?? '';
  const call = async <T>(
    path: string,
    body: object,
    headers: Record<string, string> = { 'x-api-key': key },
  ) => {
    const response = await fetch(server.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : text.startsWith('{') ? JSON.parse(text) : text) as T;
  };
  server.upstream.setDefault(answer(hardText));
  await each(Math.min(count, 12), async (name, index) => {
    const { token } = await call<{ token: string }>('/api/chat/get_token', { user_id: userOf(index) });
    await call(
      '/api/chat/completion/stream',
      { message: `${name}\n${hardText}` },
      { authorization: `Bearer ${token}` },
    );
  });
  server.upstream.enqueue(refuse(400, { message: hardNames[0] }));
  await call('/api/chat/completion/stream', { message: 'Fail' });
  await each(count, (name) => call('/chats/create', { name: name.slice(0, 200) }));
  await chatAsMember(opened, modelIds.at(-1) ?? '', count);
  const talk = await talkAsMember(opened);
  const ofUser = `/conversations?user_id=${userOf(0)}`;
  const { data } = await administer<{ data: readonly { id: string }[] }>('GET', ofUser);
  // Last, since it is named in the bar on top of every page.
  await administerServer(server.url, 'PATCH', `/organizations/${opened.organizationId}`, {
    name: hardNames[0],
  });
  const disposables = owned.move();
  return {
    ...opened,
    places: {
      persona: `/personas/${first}`,
      key: `/keys/${keys.at(-1)?.id}`,
      model: `/models/${modelIds.at(-1)}`,
      conversation: `/conversations/${data[0]?.id}`,
      user: `/conversations/user?id=${userOf(0)}`,
      talk,
    },
    [Symbol.asyncDispose]: () => disposables.disposeAsync(),
  };
}

const userOf = (index: number): string => `${'user'.repeat(30)}-${index}`;

/** A conversation with hard texts, of the person who is signed in; gives its address behind `/console`. */
async function talkAsMember({ page, url }: FurnishedConsole): Promise<string> {
  await page.goto(`${url}/chat`);
  await page.getByLabel('Message', { exact: true }).fill(hardText);
  await page.keyboard.press('Enter');
  await page.waitForURL(/chat\/[0-9a-f-]{36}/);
  await page
    .getByRole('button', { name: /^Regenerate|^Answer again|^Try again/ })
    .last()
    .waitFor();
  return page.url().slice(url.length);
}

/** Conversations of the person who is signed in, with hard titles. */
async function chatAsMember(
  { page, server, url, organizationId }: FurnishedConsole,
  modelId: string,
  count: number,
): Promise<void> {
  const { origin } = new URL(url);
  const org_id = organizationId;
  const given = await page.context().request.post(`${origin}/api/console/token`, {
    data: { org_id },
    headers: { origin, 'sec-fetch-site': 'same-origin' },
    failOnStatusCode: true,
  });
  const { token } = (await given.json()) as { token: string };
  const make = async (what: string, body: object): Promise<{ id: string }> => {
    const response = await fetch(`${server.url}/api/conversation/${what}?org_id=${org_id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${what}: ${response.status} ${await response.text()}`);
    return (await response.json()) as { id: string };
  };
  for (let index = 0; index < count; index += 1) {
    const { id } = await make('create', { title: nameOf(index, count).slice(0, 200) });
    await make('create_session', { conversation_id: id, model_id: modelId });
  }
}

/** Two months of calls, of every model and key. */
async function addUsage(
  { server, organizationId }: FurnishedConsole,
  modelIds: readonly string[],
  keyIds: readonly string[],
): Promise<void> {
  const hourMs = 3_600_000;
  const modelCalls = Array.from(
    { length: 1500 },
    (_, index): ModelCall => ({
      id: newId(),
      generationId: null,
      organizationId,
      environment: 'prod',
      endUserId: null,
      apiKeyId: keyIds.at(-1 - (index % keyIds.length)) ?? null,
      personaId: null,
      modelId: modelIds.at(-1 - (index % 11)) ?? '',
      purpose: 'answer',
      promptTokens: 400 + (index % 300),
      completionTokens: 100 + (index % 90),
      provenance: 'reported',
      cost: 0.0004,
      isRequest: true,
      isFailed: index % 37 === 36,
      firstTokenMs: 240 + (index % 300),
      durationMs: 1900 + (index % 2200),
      createdAt: Date.now() - index * hourMs,
    }),
  );
  for (let start = 0; start < modelCalls.length; start += 100)
    await server.server.store.execute('accountCalls', { modelCalls: modelCalls.slice(start, start + 100) });
}
