/** What the guide answers to the questions that people begin with, from the documentation as it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadGuideDocuments } from '../../../src/models/guide/documents.ts';
import { createGuide } from '../../../src/models/guide/guide.ts';
import { loadSettings } from '../../../src/models/guide/settings.ts';

const root = fileURLToPath(new URL('../../../../../', import.meta.url));
const documents = [...(await loadGuideDocuments([root])), ...(await loadSettings(root))];
const guide = createGuide({
  documents,
  variables: ['A_VARIABLE'],
  progress: () => 'the local model is being fetched (43 %)',
});

async function ask(question: string): Promise<string> {
  let text = '';
  const request = { messages: [{ role: 'user', text: question } as const], parameters: {} };
  const { signal } = new AbortController();
  for await (const parts of guide.stream(request, { signal }))
    for (const part of parts) if (part.type === 'text') text += part.text;
  return text;
}

const whatItIs =
  /no language model.*43 %[\s\S]*self-hosted conversation server[\s\S]*\/docs[\s\S]*first-steps/;
const howToGreet = (reply: string): RegExp =>
  new RegExp(`^${reply} I am the guide, no language model.*43 %[\\s\\S]*/docs[\\s\\S]*Make a persona`);

const questions: readonly (readonly [question: string, names: RegExp])[] = [
  // What it is, and what one may ask.
  ['What can you do?', whatItIs],
  ['waht cna you do', whatItIs],
  ['help', whatItIs],
  ['pleese hlep me', whatItIs],
  ['who are you?', whatItIs],
  ['Are you ChatGPT?', whatItIs],
  ['what is colloquy', whatItIs],
  ['Was kannst du?', whatItIs],
  ['Wer bist du?', whatItIs],
  ['¿Qué puedes hacer?', whatItIs],
  ['что ты умеешь', whatItIs],
  ['你能做什么？', whatItIs],
  ['何ができますか', whatItIs],
  // Greetings and thanks.
  ['Hello!', howToGreet('Hello!')],
  ['helo there', howToGreet('Hello!')],
  ['Good morning', howToGreet('Hello!')],
  ['Guten Tag', howToGreet('Hallo!')],
  ['hallo', howToGreet('Hallo!')],
  ['Moin!', howToGreet('Hallo!')],
  ['salut', howToGreet('Bonjour !')],
  ['bonjour 👋', howToGreet('Bonjour !')],
  ['Hola', howToGreet('¡Hola!')],
  ['Привет', howToGreet('Здравствуйте!')],
  ['こんにちは', howToGreet('こんにちは！')],
  ['مرحبا', howToGreet('مرحبا!')],
  ['Thank you very much!', /^You are welcome!/],
  ['vielen Dank', /^You are welcome!/],
  ['merci beaucoup', /^You are welcome!/],
  ['Tschüss!', /^Goodbye!$/],
  ['What kind of things can I ask you?', whatItIs],
  ['???', whatItIs],
  ['1+1', whatItIs],
  // Providers.
  ['How do I configure OpenAI?', /\n[\s\S]*OPENAI_API_KEY/],
  ['how can I use my chatgpt key', /\n[\s\S]*OPENAI_API_KEY/],
  ['use claude instead', /\n[\s\S]*ANTHROPIC_API_KEY/],
  ['Wie richte ich OpenAI ein?', /\n[\s\S]*OPENAI_API_KEY/],
  ['Comment configurer Mistral ?', /\n[\s\S]*MISTRAL_API_KEY/],
  ['как настроить провайдера', /\n[\s\S]*OPENAI_API_KEY/],
  ['如何设置 OpenAI', /\n[\s\S]*OPENAI_API_KEY/],
  ['how do I set fallbacks for a model', /`fallbacks`/],
  ['connect ollama', /\n[\s\S]*OLLAMA_BASE_URL/],
  ['how to use olama?', /\n[\s\S]*OLLAMA_BASE_URL/],
  ['Can I use vLLM or the llama.cpp server?', /OPENAI_BASE_URL/],
  ['openai compatible endpoint', /OPENAI_BASE_URL/],
  ['LM Studio', /OPENAI_BASE_URL/],
  // Keys, tokens, personas.
  ['how do I create an API key', /\n[\s\S]*\/keys/],
  ['Hi, how do I make a key?', /\n[\s\S]*\/keys/],
  ['Wie erstelle ich einen API-Schlüssel?', /\n[\s\S]*\/keys/],
  ['APIキーの作成方法', /\n[\s\S]*\/keys/],
  ['where is the admin key', /data\/admin-key/],
  ['¿dónde está la clave de administrador?', /data\/admin-key/],
  ['CORS', /allowed_origins/],
  ['healthcheck', /\/healthz/],
  ['make a browser token', /get_token/],
  ['how do I get a jwt for my frontend', /get_token/],
  ['create a persona', /\/personas/],
  ['hwo do i mkae a presona', /\/personas/],
  // The local model, the interface, the settings.
  ['download of the local model', /COLLOQUY_LOCAL_MODEL/],
  ['can it run offline?', /COLLOQUY_LOCAL_MODEL/],
  ['¿Cómo configuro un modelo local?', /COLLOQUY_LOCAL_MODEL/],
  ['where is the api documentation', /`\/docs`/],
  ['do you have a swagger page', /`\/docs`/],
  ['what environment variables are there', /\.env\.example/],
  ['what does MODEL_IDLE_TIMEOUT_MS do', /silence between two tokens/],
  ['change the port', /PORT/],
  ['how do I turn off titles', /\/settings/],
  ['turn the internet off', /`internet`/],
  ['how many requests per minute are allowed', /requests_per_minute/],
  ['back up the database', /colloquy backup/],
  ['cancel an answer', /\/cancel/],
  ['how do I resume a stream after a disconnect', /Last-Event-ID/],
];

/** What the first passage has to be, since it is what people read. */
const first: readonly (readonly [question: string, section: string])[] = [
  ['how do I set an API key', 'first-steps.md#make-an-api-key'],
  ['how do I configure a provider', 'first-steps.md#set-up-a-provider'],
  ['有哪些设置？', 'first-steps.md#change-a-setting'],
  ['какие есть настройки', 'first-steps.md#change-a-setting'],
  ['how to use OpenAI', 'first-steps.md#set-up-a-provider'],
  ['how do I use azure openai', 'models.md#azure-openai'],
  ['which settings are there', 'first-steps.md#change-a-setting'],
  ['welche Einstellungen gibt es?', 'first-steps.md#change-a-setting'],
  ['settings of a model', 'models.md#settings-of-a-model'],
  ['why did my generation fail', 'observability.md#an-answer-failed'],
  ['nginx', 'operations.md#nginx'],
  ['how do I set a proxy?', 'first-steps.md#set-a-proxy-for-connections-to-the-outside'],
  ['use a corporate proxy', 'first-steps.md#set-a-proxy-for-connections-to-the-outside'],
  ['how do I update', 'first-steps.md#update-to-a-new-version'],
  ['how to upgrade to a new version', 'first-steps.md#update-to-a-new-version'],
  ['wie aktualisiere ich', 'first-steps.md#update-to-a-new-version'],
  ['is my data sent anywhere', 'first-steps.md#what-is-sent-to-others-and-what-stays-private'],
  ['is there telemetry', 'first-steps.md#what-is-sent-to-others-and-what-stays-private'],
  ['Datenschutz', 'first-steps.md#what-is-sent-to-others-and-what-stays-private'],
];
for (const [question, section] of first)
  test(`${question}: ${section}`, async () => {
    const [, link = ''] = /\*\*\[[^\]]+\]\(([^)]+)\)\*\*/.exec(await ask(question)) ?? [];
    assert.ok(link.includes(section), link);
  });

for (const [question, names] of questions) {
  test(question, async () => assert.match(await ask(question), names));
}

for (const question of [
  'What is the weather in Paris tomorrow?',
  'what is the weather in paris',
  'Tell me a joke',
  'xyzzy',
  'Wie wird das Wetter?',
]) {
  test(`nothing about: ${question}`, async () => {
    const text = await ask(question);
    assert.match(text, /I found nothing about that in the documentation\./);
    assert.match(text, /- \[First steps › Make a persona\]\(docs\/first-steps\.md#make-a-persona\)/);
  });
}

test('a question of any length is looked at in no time', async () => {
  for (const piece of ['a', 'key ', 'qzjx ', '密钥', '👋', '. '])
    assert.match(await ask(piece.repeat(100_000)), /I am the guide/);
});
