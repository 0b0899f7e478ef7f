/** Any list of messages becomes one that the strictest chat templates take. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isBlank } from '../../src/domain/text/blank.ts';
import { fitMessages, withSystemInFirstTurn } from '../../src/models/fit-messages.ts';
import type { ModelMessage } from '../../src/models/language-model.ts';

const roles = { s: 'system', u: 'user', a: 'assistant' } as const;

/** `u:Hello|a:|u:And?`: each message by the first letter of its role. */
function list(script: string): ModelMessage[] {
  return script.split('|').map((one) => ({ role: roles[one[0] as keyof typeof roles], text: one.slice(2) }));
}

const greeted = 'You have begun this conversation with the following message:\n\nWelcome!';

const cases: readonly [name: string, messages: string, system: string, turns: string][] = [
  ['a usual history stays', 's:Be.|u:1|a:2|u:3', 'Be.', 'u:1|a:2|u:3'],
  ['a failed turn: two questions are joined', 'u:1|a:|u:2', '', 'u:1\n\n2'],
  ['an answer of blanks is left out', 'u:1|a: \n\t\u200b|u:2', '', 'u:1\n\n2'],
  ['three questions in a row', 'u:1|u:2|u:3', '', 'u:1\n\n2\n\n3'],
  ['two answers in a row', 'u:1|a:2|a:3|u:4', '', 'u:1|a:2\n\n3|u:4'],
  ['a greeting goes into the system text', 's:Be.|a:Welcome!|u:Hi', `Be.\n\n${greeted}`, 'u:Hi'],
  ['a greeting without instructions', 'a:Welcome!|u:Hi|a:Yes?|u:2', greeted, 'u:Hi|a:Yes?|u:2'],
  ['a greeting in two messages', 'a:Welcome|a:again!|u:Hi', greeted.replace('!', '\n\nagain!'), 'u:Hi'],
  ['a blank question after a greeting', 'a:Welcome!|u: ', greeted, 'u:…'],
  ['a blank question after an answer', 'u:1|a:2|u:\u2060', '', 'u:1|a:2|u:…'],
  ['blank instructions are none', 's: \n|u:1', '', 'u:1'],
  ['instructions in the middle', 's:Be.|u:1|s:Be brief.|u:2', 'Be.\n\nBe brief.', 'u:1\n\n2'],
];

for (const [name, messages, system, turns] of cases) {
  test(name, () => {
    const fitted = fitMessages({ messages: list(messages) });
    assert.equal(fitted.system, system);
    assert.deepEqual(fitted.turns, list(turns));
    assert.equal(fitted.continueLast, false);
  });
}

describe('an answer that is continued', () => {
  const continued = (messages: string) => fitMessages({ messages: list(messages), continueLast: true });

  test('stays the last message, to the letter', () => {
    const { turns, continueLast } = continued('u:1|a:Once upon \n');
    assert.deepEqual([turns, continueLast], [list('u:1|a:Once upon \n'), true]);
  });

  test('is joined to an answer before it', () => {
    assert.deepEqual(continued('u:1|a:2|u: |a:Once').turns, list('u:1|a:2\n\nOnce'));
  });

  test('that is blank is asked for anew', () => {
    const { turns, continueLast } = continued('u:1|a:2|u:3|a: \n');
    assert.deepEqual([turns, continueLast], [list('u:1|a:2|u:3'), false]);
  });

  test('without anything before it follows a silent user', () => {
    const { system, turns, continueLast } = continued('s:Be.|u: |a:Once');
    assert.deepEqual([system, turns, continueLast], ['Be.', list('u:…|a:Once'), true]);
  });

  test('behind a greeting and a question', () => {
    assert.deepEqual(continued('a:Welcome!|u:Hi|a:Once').turns, list('u:Hi|a:Once'));
  });

  test('is none where the last message is a user’s', () => {
    assert.equal(continued('u:1').continueLast, false);
  });
});

test('where nothing is left, the request fails before any call', () => {
  for (const messages of [[], list('s:Be.'), list('s:Be.|u: |a:\n'), list('u:\u200b')]) {
    assert.throws(() => fitMessages({ messages }), { code: 'invalid_request' });
  }
});

test('a greeting can stay the assistant’s, behind a silent user', () => {
  const fitted = (messages: string, continueLast = false) =>
    fitMessages({ messages: list(messages), continueLast }, 'assistant');
  const { system, turns } = fitted('s:Be.|a:Welcome!|u:Hi');
  assert.deepEqual([system, turns], ['Be.', list('u:…|a:Welcome!|u:Hi')]);
  assert.deepEqual(fitted('u:Hi|a:Yes?|u:2').turns, list('u:Hi|a:Yes?|u:2'));
  assert.deepEqual(fitted('a:Welcome!|u:Hi|a:Once', true).turns, list('u:…|a:Welcome!|u:Hi|a:Once'));
  assert.deepEqual(fitted('a:Welcome!|u: ').turns, list('u:…|a:Welcome!|u:…'));
});

test('instructions can be joined into the first turn', () => {
  const joined = (messages: string) => withSystemInFirstTurn(fitMessages({ messages: list(messages) }));
  assert.deepEqual(joined('s:Be.|u:1|a:2|u:3'), list('u:Be.\n\n1|a:2|u:3'));
  assert.deepEqual(joined('s:Be.|a:Welcome!|u:1'), list(`u:Be.\n\n${greeted}\n\n1`));
  assert.deepEqual(joined('u:1'), list('u:1'));
});

test('whatever the list, what is sent alternates, begins and ends with the user, and is nowhere blank', () => {
  const texts = ['', ' ', '\u200b', 'a', 'b\n', '…'];
  let seed = 7;
  const next = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let run = 0; run < 3000; run++) {
    const messages = Array.from({ length: next(9) }, () => ({
      role: (['system', 'user', 'assistant', 'user', 'assistant'] as const)[next(5)] as ModelMessage['role'],
      text: texts[next(texts.length)] as string,
    }));
    const continueLast = next(2) === 0;
    if (!messages.some(({ role, text }) => role !== 'system' && !isBlank(text))) continue;
    const fitted = fitMessages({ messages, continueLast });
    fitted.turns.forEach((turn, index) => {
      assert.equal(turn.role, index % 2 === 0 ? 'user' : 'assistant');
      assert.equal(isBlank(turn.text), false);
    });
    const last = fitted.turns.at(-1);
    assert.equal(last?.role, fitted.continueLast ? 'assistant' : 'user');
    if (fitted.continueLast) assert.ok(last?.text.endsWith(messages.at(-1)?.text ?? ''));
    const said = JSON.stringify([fitted.system, fitted.turns]);
    for (const { text } of messages)
      if (!isBlank(text)) assert.ok(said.includes(JSON.stringify(text).slice(1, -1)));
  }
});
