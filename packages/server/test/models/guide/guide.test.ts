import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadGuideDocuments, splitSections } from '../../../src/models/guide/documents.ts';
import { createGuide, type GuideOptions } from '../../../src/models/guide/guide.ts';
import { operationSections } from '../../../src/models/guide/operations.ts';
import { splitSettings } from '../../../src/models/guide/settings.ts';
import type { ModelRequest } from '../../../src/models/language-model.ts';
import { collect } from '../local/gguf-runtime.ts';

const readme = `# Colloquy
A conversation server.

## Quick start
Run \`npm ci && npm start\`; it listens on port 8080.

\`\`\`sh
# this is no heading
npm start
\`\`\`

## Providers
Set \`OPENAI_API_KEY\` or \`OLLAMA_BASE_URL\`, and restart.
`;
const operations = `# Operations

## Back up and restore
\`colloquy backup <file>\` copies the database while the server runs.

## Cancelling an answer
\`POST /api/generations/{id}/cancel\` ends a generation; the partial answer stays.

## Erasing an end user
\`DELETE /api/admin/organizations/{org_id}/users/{user_id}\` forgets everything of a person.
${'It takes a while. '.repeat(100)}
`;
const documents = [...splitSections('README.md', readme), ...splitSections('docs/operations.md', operations)];
const variables = ['OPENAI_API_KEY', 'OLLAMA_BASE_URL', 'COLLOQUY_LOCAL_MODEL'];
const never = new AbortController().signal;

async function ask(question: string, options: Partial<GuideOptions> = {}, more: Partial<ModelRequest> = {}) {
  const guide = createGuide({ documents, variables, ...options });
  const request = { messages: [{ role: 'user' as const, text: question }], parameters: {}, ...more };
  return collect(guide.stream(request, { signal: never }));
}

const questions: [string, string][] = [
  ['How do I make a backup?', 'docs/operations.md#back-up-and-restore'],
  ['can i STOP a running answer??', 'docs/operations.md#cancelling-an-answer'],
  ['aborting generations', 'docs/operations.md#cancelling-an-answer'],
  ['how to install and run this', 'README.md#quick-start'],
  ['remove all data of a person', 'docs/operations.md#erasing-an-end-user'],
  ['openai', 'README.md#providers'],
  ['What do I do with OPENAI_API_KEY?', 'README.md#providers'],
  ['restroe a bakcup', 'docs/operations.md#back-up-and-restore'],
];
for (const [question, link] of questions)
  test(`finds the passage: ${question}`, async () => {
    const { text, parts } = await ask(question);
    const first = /\]\(([^)]+)\)/.exec(text)?.[1];
    assert.equal(first, link, text);
    assert.deepEqual(parts.at(-1), { type: 'finish', reason: 'stop' });
  });

test('its first sentence says what it is, how far the model is, and how to get one', async () => {
  const { text } = await ask('backup', { progress: () => 'the local model is being fetched (43 %)' });
  const first = text.slice(0, text.indexOf('.'));
  assert.match(
    first,
    /no language model.*being fetched \(43 %\).*set OPENAI_API_KEY, OLLAMA_BASE_URL or COLLOQUY_LOCAL_MODEL and/,
  );
  assert.doesNotMatch((await ask('backup')).text, /fetched/);
});

test('it streams word by word, and the words are the whole text', async () => {
  const { text, batches } = await ask('backup');
  assert.ok(batches > 20);
  assert.match(text, /\n\n`colloquy backup <file>` copies the database while the server runs\.$/);
});

test('a long passage is cut, and says so', async () => {
  const { text } = await ask('erase a user');
  assert.match(text, /…/);
  assert.ok(text.length < 3000);
});

test('nothing found, or no question: it says so and lists topics', async () => {
  for (const [question, says] of [
    ['What is the weather in Paris tomorrow?', /found nothing/],
    ['xyzzy', /found nothing/],
    ['', /saw no question/],
  ] as const) {
    const { text } = await ask(question);
    assert.match(text, says, question);
    assert.match(text, /- \[Colloquy › Quick start\]\(README\.md#quick-start\)/);
  }
  const { text } = await ask('', {}, { messages: [] });
  assert.match(text, /saw no question/);
});

test('an operation of the API is found by what it does', async () => {
  const operations = () =>
    operationSections({
      paths: {
        '/api/chat/get_token': { post: { summary: 'A token for an end user', tags: ['chat'] } },
        '/chats/delete/{id}': { delete: { summary: 'Delete a chat', description: 'With its messages.' } },
      },
    });
  const { text } = await ask('Which endpoint gives an end user a token?', { operations });
  assert.match(
    text,
    /\*\*\[API › chat › A token for an end user\]\(\/docs\)\*\*\n\n`POST \/api\/chat\/get_token`\n/,
  );
  const removing = (await ask('remove a chat', { operations })).text;
  assert.match(
    removing,
    /\*\*\[API › Delete a chat\][^`]*`DELETE \/chats\/delete\/\{id\}`\n\nWith its messages\./,
  );
  assert.deepEqual(operationSections({}), []);
});

test('a setting is found by its name and by what it is for', async () => {
  const settings = splitSettings(
    '# The head.\n\n# The port to listen on;\n# 0 takes any.\n#PORT=8080\n# The secret.\n#COLLOQUY_SECRET=\n',
  );
  assert.deepEqual(
    settings.map(({ heading, text }) => [heading, text.split('. ').slice(0, 2).join('. ')]),
    [
      ['PORT', 'The port to listen on; 0 takes any. Default: `8080`'],
      ['COLLOQUY_SECRET', 'The secret. Unset by default'],
    ],
  );
  assert.match(
    (await ask('change the port', { documents: settings })).text,
    /Settings › PORT\]\(\.env\.example\)/,
  );
});

test('a follow-up is read with the question before it', async () => {
  const messages = [
    { role: 'user' as const, text: 'How do I make a backup?' },
    { role: 'assistant' as const, text: '…' },
    { role: 'user' as const, text: 'And how do I do that?' },
  ];
  assert.match((await ask('', {}, { messages })).text, /back-up-and-restore/);
});

test('stop and max_tokens are obeyed', async () => {
  const stopped = await ask('backup', {}, { parameters: { stop: ['copies'] } });
  assert.ok(!stopped.text.includes('copies') && stopped.text.includes('colloquy backup'));
  const short = await ask('backup', {}, { parameters: { maxTokens: 4 } });
  assert.equal(short.text.trim(), 'I am the guide,');
  assert.deepEqual(short.parts.at(-1), { type: 'finish', reason: 'length' });
});

test('aborting ends it', async () => {
  const abort = new AbortController();
  const guide = createGuide({ documents, variables });
  const stream = guide.stream({ messages: [{ role: 'user', text: 'backup' }], parameters: {} }, abort);
  await assert.rejects(
    collect(stream, () => abort.abort(new Error('stop button'))),
    /stop button/,
  );
});

test('sections know their headings, anchors and trails; a fence is not a heading', () => {
  const sections = splitSections(
    'x.md',
    '# A\none\n## B `c` [d](e)\ntwo\n## B c d\nthree\n# E\nfour\n```\n# f\n```\n',
  );
  assert.deepEqual(
    sections.map(({ heading, anchor, trail }) => [heading, anchor, trail.join('/')]),
    [
      ['A', 'a', ''],
      ['B c d', 'b-c-d', 'A'],
      ['B c d', 'b-c-d-1', 'A'],
      ['E', 'e', ''],
    ],
  );
});

test('loads what is there and does not mind what is not', async () => {
  const root = await mkdtemp(join(tmpdir(), 'colloquy-guide-'));
  assert.deepEqual(await loadGuideDocuments([root, join(root, 'nowhere')]), []);
  assert.match((await ask('backup', { documents: [] })).text, /documentation is not installed/);
  await mkdir(join(root, 'docs/decisions'), { recursive: true });
  await writeFile(join(root, 'README.md'), readme);
  await writeFile(join(root, 'docs/decisions/0001.md'), '# Why SQLite\nBecause.\n');
  await writeFile(join(root, 'docs/picture.svg'), '<svg/>');
  const loaded = await loadGuideDocuments([root]);
  assert.deepEqual(
    [...new Set(loaded.map((section) => section.file))],
    ['README.md', 'docs/decisions/0001.md'],
  );
  await rm(root, { recursive: true });
});
