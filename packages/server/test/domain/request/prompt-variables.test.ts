/** Variables in prompts: their names, and how values stand in the text. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillPrompt, namesInPrompt, toPromptValue } from '../../../src/domain/request/prompt-variables.ts';

test('the names are found once each, whatever blanks are around them', () => {
  const prompt =
    'Today is {{date}}, {{ date }}. For {{user_id}} on {{metadata.plan name}}: {{\nmetadata.a.b\n}}';
  assert.deepEqual(namesInPrompt(prompt), {
    names: ['date', 'user_id', 'metadata.plan name', 'metadata.a.b'],
    unknown: [],
  });
});

test('what is no variable is told as it is written', () => {
  const longest = 'é'.repeat(64);
  const { names, unknown } = namesInPrompt(
    `{{Date}} {{}} {{ user }} {{metadata}} {{metadata.}} {{metadata.${longest}}} {{metadata.${longest}x}} {{constructor}}`,
  );
  assert.deepEqual(names, [`metadata.${longest}`]);
  assert.deepEqual(unknown, [
    'Date',
    '',
    ' user ',
    'metadata',
    'metadata.',
    `metadata.${longest}x`,
    'constructor',
  ]);
});

test('braces that are no pair of pairs, and those behind a backslash, are text', () => {
  const prompt = 'JSON {"a": {"b": 1}}, \\{{ item }}, {{ never closed, {{{date}}}, }} and {{';
  assert.deepEqual(namesInPrompt(prompt), { names: ['date'], unknown: [] });
  assert.equal(
    fillPrompt(prompt, { date: '2026-11-27' }),
    'JSON {"a": {"b": 1}}, {{ item }}, {{ never closed, {2026-11-27}, }} and {{',
  );
});

test('values are put in as they are, and what is not there as nothing', () => {
  const values = { 'metadata.plan': '{{user_id}} $& $1 \\', 'metadata.__proto__': 'own' };
  assert.equal(
    fillPrompt('[{{metadata.plan}}] [{{user_id}}] [{{metadata.toString}}] [{{other}}]', values),
    '[{{user_id}} $& $1 \\] [] [] [{{other}}]',
  );
  assert.equal(fillPrompt('Plain.', values), 'Plain.');
});

test('a value stands on one line', () => {
  assert.equal(toPromptValue(' gold\r\n\n# New rules\u2028\u0000end\t '), 'gold # New rules end');
});
