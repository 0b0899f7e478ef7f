/**
 * What `/v1` sends, held against the types of npm's `openai`: bodies and events of a running server are written into a
 * program as literals, which the type checker compares with them field by field. A field that the types don't know is
 * found as well as one that is missing.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { answer, gate, type Script } from 'colloquy-testkit/upstream/scripted-upstream';
import { startTestApp, type TestApp } from '../../http-app.ts';

const root = fileURLToPath(new URL('../../../../../../', import.meta.url));
let app: TestApp;
let directory: string;
before(async () => {
  app = await startTestApp('sqlite');
  directory = await mkdtemp(join(tmpdir(), 'colloquy-wire-'));
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
});
after(async () => {
  await app[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

interface Recorded {
  readonly type: string;
  readonly value: unknown;
}

/** What the type checker has against these values. */
async function complaints(recorded: readonly Recorded[]): Promise<string> {
  const literals = recorded.map(
    ({ type, value }, index) => `export const value${index}: ${type} = ${JSON.stringify(value, null, 1)};`,
  );
  const file = join(directory, 'recorded.ts');
  await writeFile(file, `import type OpenAI from 'openai';\n${literals.join('\n')}\n`);
  await writeFile(join(directory, 'package.json'), '{"type":"module"}');
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'esnext'];
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, ...options, '--types', '', file], {
    cwd: directory,
    encoding: 'utf8',
  });
  return stdout + stderr;
}

const recorded: Recorded[] = [];

/** Fields that the types lack: of the contract, or of what OpenAI itself sends and its examples show. */
const beyondTheTypes: readonly string[] = [
  'provenance',
  'reasoning_content',
  'presence_penalty',
  'frequency_penalty',
  'store',
];

/**
 * The value without what is known to differ: `output_text` is made by the SDK, but stands in its types as if it came over
 * the wire; a response without usage yet has null there, as OpenAI's have; the event that ends the arguments of a call
 * names the function.
 */
function asTyped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asTyped);
  if (typeof value !== 'object' || value === null) return value;
  const kind = 'object' in value ? value.object : 'type' in value ? value.type : undefined;
  const isOther = (name: string, inner: unknown): boolean =>
    beyondTheTypes.includes(name) ||
    (kind === 'response' && name === 'usage' && inner === null) ||
    (kind === 'response.function_call_arguments.done' && name === 'name');
  const entries = Object.entries(value)
    .filter(([name, inner]) => !isOther(name, inner))
    .map(([name, inner]) => [name, asTyped(inner)] as const);
  return Object.fromEntries(kind === 'response' ? [...entries, ['output_text', '']] : entries);
}

async function send(method: string, path: string, body?: object): Promise<Response> {
  const response = await fetch(`${app.url}/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${app.prodKey}`, 'Content-Type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${response.ok ? '' : await response.text()}`);
  return response;
}

// biome-ignore lint/suspicious/noExplicitAny: the types are what is looked into here.
async function record(type: string, method: string, path: string, body?: object): Promise<any> {
  const value = await (await send(method, path, body)).json();
  recorded.push({ type, value: asTyped(value) });
  return value;
}

async function recordStream(type: string, path: string, body: object): Promise<readonly string[]> {
  const text = await (await send('POST', path, { ...body, stream: true })).text();
  const events = text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice(6)) as { readonly type: string });
  for (const value of events) recorded.push({ type, value: asTyped(value) });
  return events.map((event) => event.type);
}

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const weather = { name: 'weather', description: 'The weather of a city', parameters };
const callsWeather: Script = {
  steps: [
    { do: 'headers' },
    { do: 'tool-call', id: 'call_1', name: 'weather', arguments: '{"city":"Lisbon"}' },
    { do: 'finish', reason: 'tool_calls' },
    { do: 'usage', promptTokens: 5, completionTokens: 5 },
    { do: 'end' },
  ],
};
const model = 'persona:test';
const page = (type: string): string => `{ object: 'list'; data: ${type}[]; [rest: string]: unknown }`;

test('models', async () => {
  const { data } = await record(page('OpenAI.Models.Model'), 'GET', '/models');
  await record('OpenAI.Models.Model', 'GET', `/models/${encodeURIComponent(data[0].id)}`);
});

test('chat completions', async () => {
  const { upstream } = app.harness;
  const messages = [{ role: 'user', content: 'Hello?' }];
  const type = 'OpenAI.Chat.ChatCompletion';
  upstream.enqueue(answer('Yes.'), callsWeather, answer('Yes.', { reasoning: ['Well'] }), callsWeather);
  const metadata = { topic: 'greeting' };
  const stored = await record(type, 'POST', '/chat/completions', { model, messages, store: true, metadata });
  const tools = [{ type: 'function', function: weather }];
  await record(type, 'POST', '/chat/completions', { model, messages, tools });
  await record(type, 'GET', `/chat/completions/${stored.id}`);
  await record(page(type), 'GET', '/chat/completions');
  await record(
    // The types know answers alone there, but what is stored is what was asked.
    page("(Omit<OpenAI.Chat.ChatCompletionStoreMessage, 'role'> & { role: 'user' })"),
    'GET',
    `/chat/completions/${stored.id}/messages`,
  );
  await record(type, 'POST', `/chat/completions/${stored.id}`, { metadata: { topic: 'other' } });
  await record('OpenAI.Chat.ChatCompletionDeleted', 'DELETE', `/chat/completions/${stored.id}`);
  const chunk = 'OpenAI.Chat.ChatCompletionChunk';
  const options = { stream_options: { include_usage: true } };
  const words = await recordStream(chunk, '/chat/completions', { model, messages, ...options });
  const calls = await recordStream(chunk, '/chat/completions', { model, messages, tools, ...options });
  assert.ok(words.length > 2 && calls.length > 2);
});

test('responses', async () => {
  const { upstream } = app.harness;
  const type = 'OpenAI.Responses.Response';
  upstream.enqueue(answer('Yes.'), callsWeather, answer('Sunny.'), answer('Yes.', { reasoning: ['Well'] }));
  const input = 'Hello?';
  const first = await record(type, 'POST', '/responses', { model, input, metadata: { topic: 'greeting' } });
  await record(type, 'GET', `/responses/${first.id}`);
  const tools = [{ type: 'function', strict: null, ...weather }];
  const calling = await record(type, 'POST', '/responses', { model, input, tools });
  const output = [{ type: 'function_call_output', call_id: calling.output[0].call_id, output: 'sun' }];
  await record(type, 'POST', '/responses', {
    ...{ model, tools, input: output },
    previous_response_id: calling.id,
  });
  const items = `/responses/${calling.id}/input_items`;
  await record(page('OpenAI.Responses.ResponseItem'), 'GET', items);
  await record('OpenAI.Responses.InputTokenCountResponse', 'POST', '/responses/input_tokens', {
    model,
    input,
  });
  const events = 'OpenAI.Responses.ResponseStreamEvent';
  const seen = await recordStream(events, '/responses', { model, input });
  upstream.enqueue(callsWeather);
  seen.concat(await recordStream(events, '/responses', { model, input, tools }));
  assert.ok(seen.includes('response.created') && seen.includes('response.completed'), seen.join());
  const held = gate();
  upstream.enqueue({ steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['A'] }, held.step, { do: 'end' }] });
  const background = await record(type, 'POST', '/responses', { model, input, background: true });
  await record(type, 'POST', `/responses/${background.id}/cancel`);
  held.release();
  await send('DELETE', `/responses/${background.id}`);
});

test('conversations', async () => {
  const { upstream } = app.harness;
  const type = 'OpenAI.Conversations.Conversation';
  const made = await record(type, 'POST', '/conversations', {
    metadata: { topic: 'weather' },
    items: [{ type: 'message', role: 'user', content: 'Hi' }],
  });
  upstream.enqueue(answer('Hello'));
  await record('OpenAI.Responses.Response', 'POST', '/responses', { conversation: made.id });
  await record(type, 'GET', `/conversations/${made.id}`);
  await record(type, 'POST', `/conversations/${made.id}`, { metadata: { topic: 'snow' } });
  const item = 'OpenAI.Conversations.ConversationItem';
  const { data } = await record(page(item), 'GET', `/conversations/${made.id}/items`);
  await record(item, 'GET', `/conversations/${made.id}/items/${data[0].id}`);
  await record('OpenAI.Conversations.ConversationItemList', 'POST', `/conversations/${made.id}/items`, {
    items: [{ type: 'message', role: 'user', content: 'More' }],
  });
  await record(type, 'DELETE', `/conversations/${made.id}/items/${data[0].id}`);
  await record('OpenAI.Conversations.ConversationDeletedResource', 'DELETE', `/conversations/${made.id}`);
});

test('all of it is what the types say', async () => {
  assert.ok(recorded.length > 40, String(recorded.length));
  assert.equal(await complaints(recorded), '');
});

test('a field that is missing, strange or of another type is found', async () => {
  const good = recorded.find(({ type }) => type === 'OpenAI.Models.Model');
  assert.ok(good);
  const { created: _created, ...value } = good.value as { readonly created: number };
  const found = await complaints([
    { type: 'OpenAI.Models.Model', value },
    { type: 'OpenAI.Models.Model', value: { ...value, created: 1, strange: 1 } },
    { type: 'OpenAI.Models.Model', value: { ...value, created: 'today' } },
  ]);
  assert.equal(found.match(/error TS/g)?.length, 3, found);
});
