/** What forms make of the server's schemas, of values and of what was typed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateModelBody } from '../../../server/src/http/admin/models/schema.ts';
import { RevisionBody } from '../../../server/src/http/admin/personas/schema.ts';
import { formOf } from '../../form-fields.js';
import { type FormField, problemOf, toInput, toValue } from '../../src/forms/fields.ts';

const fieldOf = (schema: object, name: string): FormField => {
  const field = formOf(schema).fields.find((one) => one.name === name);
  assert.ok(field, name);
  return field;
};

test("the server's schemas become fields", () => {
  const prompt = fieldOf(RevisionBody, 'system_prompt');
  assert.deepEqual([prompt.kind, prompt.isRequired, prompt.isNullable], ['long-text', true, false]);
  const temperature = fieldOf(RevisionBody, 'temperature');
  assert.deepEqual(
    [temperature.kind, temperature.isNullable, temperature.minimum, temperature.maximum],
    ['number', true, 0, 2],
  );
  assert.equal(fieldOf(RevisionBody, 'stop').kind, 'list');
  assert.equal(fieldOf(RevisionBody, 'stop').maxItems, 16);
  assert.equal(fieldOf(CreateModelBody, 'is_active').kind, 'boolean');
  const key = fieldOf(CreateModelBody, 'api_key');
  assert.equal(key.isWriteOnly, true);
  const provider = fieldOf(CreateModelBody, 'provider');
  assert.ok(provider.kind === 'choice' && provider.choices?.includes('openai'));
  const prices = fieldOf(CreateModelBody, 'prices');
  assert.deepEqual([prices.kind, prices.fields?.map(({ name }) => name)], ['group', ['input', 'output']]);
});

test('values come back as they were given', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['temperature', 0.7],
    ['temperature', null],
    ['stop', ['END', 'STOP']],
    ['stop', null],
    ['internet', true],
    ['system_prompt', 'Be kind.\nBe brief.'],
    ['seed', -5],
  ];
  for (const [name, value] of cases) {
    const field = fieldOf(RevisionBody, name);
    assert.deepEqual(toValue(field, toInput(field, value)), value, `${name}: ${JSON.stringify(value)}`);
  }
});

test('what is typed is checked as the schema says', () => {
  const check = (name: string, input: string) => problemOf(fieldOf(RevisionBody, name), input)?.kind;
  assert.equal(check('temperature', '2.5'), 'most');
  assert.equal(check('temperature', '-1'), 'least');
  assert.equal(check('temperature', 'warm'), 'number');
  assert.equal(check('temperature', '0,5'), undefined);
  assert.equal(check('max_tokens', '1.5'), 'number');
  assert.equal(check('temperature', ''), undefined);
  assert.equal(check('system_prompt', ''), 'missing');
  assert.equal(check('note', 'x'.repeat(2001)), 'long');
  assert.equal(check('note', '😀'.repeat(2000)), undefined);
  assert.equal(check('stop', Array.from({ length: 17 }, () => 'x').join('\n')), 'entries');
});
