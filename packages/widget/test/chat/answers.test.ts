/** What happens to answers from one state of a conversation to the next. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatMessage } from '@colloquy/client/store';
import { watchAnswers } from '../../src/chat/answers.ts';

const message = (
  key: string,
  status: ChatMessage['status'],
  content = '',
  role: ChatMessage['role'] = 'assistant',
) => ({ key, status, content, role }) as ChatMessage;

function noted() {
  const heard: string[] = [];
  const note = (what: string) => (answer: ChatMessage) =>
    void heard.push(`${what} ${answer.key} ${answer.content}`.trim());
  return { heard, watch: watchAnswers({ begin: note('begin'), write: note('write'), end: note('end') }) };
}

test('an answer begins, is written and ends once', () => {
  const { heard, watch } = noted();
  const question = message('q', 'done', 'Hi', 'user');
  const half = message('a', 'running', 'Hel');
  watch([question, message('a', 'sending')]);
  watch([question, half]);
  watch([question, half]);
  const done = message('a', 'done', 'Hello');
  watch([question, done]);
  watch([question, done]);
  assert.deepEqual(heard, ['begin a', 'write a Hel', 'end a Hello']);
});

test('a history is not told, and what disappears has no end', () => {
  const { heard, watch } = noted();
  watch([message('a', 'done', 'old'), message('b', 'running', 'x')]);
  watch([message('a', 'done', 'old')]);
  watch([message('a', 'done', 'old'), message('b', 'done', 'xyz')]);
  assert.deepEqual(heard, ['begin b x', 'write b x']);
});
