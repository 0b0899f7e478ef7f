/** How messages of the store are shown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatMessage } from '@colloquy/client/store';
import { fromChat } from '../../src/message/from-chat.ts';

const message = (changes: Partial<ChatMessage>): ChatMessage => ({
  key: 'k',
  id: 'm',
  role: 'assistant',
  content: 'text',
  createdAt: '2026-11-27T10:00:00Z',
  parentId: null,
  replyTo: null,
  generationId: null,
  isCurrent: true,
  modelName: null,
  modelId: null,
  persona: null,
  status: 'done',
  usage: null,
  cost: null,
  finishReason: null,
  error: null,
  sources: [],
  metadata: {},
  reasoning: null,
  toolCalls: [],
  sourcesNotice: null,
  activity: null,
  ttftMs: null,
  durationMs: null,
  siblings: [],
  rating: 0,
  ...changes,
});

test('an answer passes from waiting over writing to its end', () => {
  const states = (
    ['sending', 'queued', 'running', 'done', 'cancelled', 'interrupted', 'failed'] as const
  ).map((status) => fromChat(message({ status })).state);
  assert.deepEqual(states, ['waiting', 'waiting', 'writing', 'done', 'stopped', 'interrupted', 'failed']);
});

test('an own message is on its way, was not sent, or stands there', () => {
  const states = (['sending', 'unsent', 'queued', 'running', 'failed', 'done'] as const).map(
    (status) => fromChat(message({ role: 'user', status })).state,
  );
  assert.deepEqual(states, ['sending', 'unsent', 'done', 'done', 'done', 'done']);
});

test('what belongs to a message comes along', () => {
  const shown = fromChat(
    message({
      reasoning: 'why',
      activity: 'searching',
      sourcesNotice: 'few',
      error: { code: 'internal', message: 'no' },
    }),
  );
  assert.deepEqual(
    [shown.reasoning, shown.step, shown.notice, shown.error?.code],
    ['why', 'searching', 'few', 'internal'],
  );
});
