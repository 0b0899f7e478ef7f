/** What a typed text chooses from a list. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matching } from '../../src/controls/options.ts';

const options = [
  { id: '1', label: 'Große Vorlage', detail: 'openai' },
  { id: '2', label: 'Émile' },
  { id: '3', label: 'My gross model', detail: 'ollama' },
];
const idsOf = (query: string): readonly string[] => matching(options, query).map(({ id }) => id);

test('every word counts, in label and detail, whatever case and marks', () => {
  assert.deepEqual(idsOf(''), ['1', '2', '3']);
  assert.deepEqual(idsOf('emile'), ['2']);
  assert.deepEqual(idsOf('vorlage OPENAI'), ['1']);
  assert.deepEqual(idsOf('vorlage ollama'), []);
});

test('what begins so comes first', () => {
  assert.deepEqual(idsOf('my'), ['3']);
  assert.deepEqual(idsOf('m'), ['3', '2']);
});
