/** The page's own history, by the callbacks of ConverZen's widget. */
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { ConverzenConfig, TheirMessage } from '../../src/compat/config.ts';
import { keepMessages } from '../../src/compat/history.ts';

function stage(config: ConverzenConfig) {
  const element = new EventTarget() as HTMLElement;
  const load = keepMessages(element, config);
  const tell = (name: string, detail: unknown = {}): Promise<void> => {
    element.dispatchEvent(new CustomEvent(`colloquy:${name}`, { detail }));
    return setImmediate();
  };
  return { load, tell };
}

const answer = { text: 'Hi', session: 's1', sources: ['https://a.example/'] };

test('all messages are saved with their session when an answer is over, and none when another conversation begins', async () => {
  const saved: { readonly session: string; readonly messages: readonly TheirMessage[] }[] = [];
  const { load, tell } = stage({
    onSaveMessages: (session, messages) => void saved.push({ session, messages }),
    onLoadMessages: async () => ({
      sessionId: 's0',
      messages: [{ role: 'USER', content: 'Before', createdAt: '2026-01-01T00:00:00.000Z' }],
    }),
  });
  assert.deepEqual(await load?.(), {
    session: 's0',
    messages: [{ role: 'user', content: 'Before', createdAt: '2026-01-01T00:00:00.000Z' }],
  });
  await tell('message', { text: 'Hello' });
  assert.equal(saved.length, 0);
  await tell('answer', answer);
  const first = saved[0];
  assert.equal(first?.session, 's1');
  assert.deepEqual(
    first?.messages.map(({ createdAt, ...message }) => ({
      ...message,
      isTime: !Number.isNaN(Date.parse(createdAt)),
    })),
    [
      { role: 'USER', content: 'Before', isTime: true },
      { role: 'USER', content: 'Hello', isTime: true },
      { role: 'ASSISTANT', content: 'Hi', sources: ['https://a.example/'], isTime: true },
    ],
  );
  await tell('new');
  assert.deepEqual(saved.at(-1), { session: '', messages: [] });
  // What failed before its first word is no message; what was asked is.
  await tell('message', { text: 'Again' });
  await tell('answer', { text: '', session: 's2', sources: [] });
  const last = saved.at(-1)?.messages;
  assert.deepEqual(
    last?.map(({ content }) => content),
    ['Again'],
  );
});

test('the history is loaded once, and what is no message of a person or an answer is left out', async () => {
  const long = 'x'.repeat(40_000);
  const given = [
    { role: 'SYSTEM', content: 'Greeting' },
    { role: 'ASSISTANT', content: long },
    { role: 'assistant', content: '<b>kept as text</b>' },
    { role: 'USER', content: 7 },
    { role: 'USER', content: '  ' },
    null,
    'text',
    { role: 'constructor', content: 'no' },
  ];
  const onLoadMessages = mock.fn(() => given);
  const { load } = stage({ onLoadMessages });
  const past = await load?.();
  assert.equal(past?.session, undefined);
  assert.deepEqual(
    past?.messages.map(({ content }) => content.length),
    [32_001, 19],
  );
  await load?.();
  assert.equal(onLoadMessages.mock.callCount(), 1);
  const many = stage({ onLoadMessages: () => Array(300).fill({ role: 'USER', content: 'a' }) });
  assert.equal((await many.load?.())?.messages.length, 200);
});

test('callbacks that fail, or give anything, stop nothing', async () => {
  const told = mock.method(console, 'error', () => undefined);
  for (const onLoadMessages of [
    () => Promise.reject(new Error('no')),
    () => {
      throw new Error('no');
    },
    () => undefined,
    () => 'text',
    () => ({ sessionId: 5, messages: 'none' }),
    () => ({ sessionId: 'x'.repeat(1000), messages: {} }),
  ])
    assert.deepEqual(await stage({ onLoadMessages }).load?.(), { session: undefined, messages: [] });
  const { tell } = stage({ onSaveMessages: () => Promise.reject(new Error('full')) });
  await tell('answer', answer);
  assert.equal(told.mock.callCount(), 3);
  assert.equal(stage({}).load, undefined);
  told.mock.restore();
});
