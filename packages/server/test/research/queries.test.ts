/** The stage that asks a model for queries: which part of its answer counts, and the search without queries. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findQueries, parseQueries, questionPrompt } from '../../src/research/queries.ts';

const today = new Date('2026-11-22T10:00:00Z');
const base = { history: [], today, signal: new AbortController().signal };

const readable: readonly (readonly [string, readonly string[]])[] = [
  ['["vellmar tower height"]', ['vellmar tower height']],
  ['Here you are:\n```json\n["a tower", "its height"]\n```', ['a tower', 'its height']],
  ['{"queries": ["a tower", "A TOWER", "", 5]}', ['A TOWER']],
  ['<think>[“no”, ["wrong"]]</think>["right one"]', ['right one']],
  ['["one 1","two 2","three 3","four 4"]', ['one 1', 'two 2', 'three 3']],
  ['Queries:\n1. vellmar tower height\n- "when was it built"', ['vellmar tower height', 'when was it built']],
  ['Query: vellmar tower', ['vellmar tower']],
  ['["line\\nbreak\\u200b here"]', ['line break here']],
];
for (const [answer, queries] of readable) {
  test(`read as queries: ${JSON.stringify(answer)}`, () => assert.deepEqual(parseQueries(answer), queries));
}

const garbage = [
  '',
  '[]',
  '???',
  'The tower is 74 metres high.',
  'I am sorry, but as a language model I can not search the web for you at this moment in time or ever',
  '["unfinished',
  `["${'long '.repeat(100)}"]`,
  'a\nb\nc\nd\ne',
  '{"a": {"b": 1}}',
  "I'm sorry, but I can't search",
  'Es tut mir leid, das kann ich nicht',
  '<tool_call>',
  '["JSON array of search queries"]',
  'Search queries',
  'None',
];
for (const answer of garbage) {
  test(`read as no queries: ${JSON.stringify(answer.slice(0, 40))}`, () => {
    assert.equal(parseQueries(answer), undefined);
  });
}

test('the model gets the date, the last turns and the question', async () => {
  const prompts: string[] = [];
  const history = Array.from({ length: 10 }, (_, index) => ({
    role: index % 2 === 0 ? ('user' as const) : ('assistant' as const),
    text: `turn ${index}`,
  }));
  const ask = async (prompt: string) => {
    prompts.push(prompt);
    return '["vellmar tower opening"]';
  };
  const found = await findQueries({ ...base, history, question: 'And since when is it open?', ask });
  assert.deepEqual(found, { queries: ['vellmar tower opening'] });
  assert.match(
    prompts[0] ?? '',
    /2026-11-22[\s\S]*turn 4[\s\S]*Assistant: turn 9\nUser: And since when is it open\?/,
  );
  assert.doesNotMatch(prompts[0] ?? '', /turn 3/);
  assert.ok(questionPrompt({ ...base, question: 'x '.repeat(50_000) }).length < 2_000);
});

test('without a model, or with one that fails or babbles, the message itself is searched for', async () => {
  const question = 'How high is\n the Vellmar tower?';
  const expected = ['How high is the Vellmar tower?'];
  assert.deepEqual(await findQueries({ ...base, question }), { queries: expected });
  const failing = await findQueries({
    ...base,
    question,
    ask: async () => {
      throw new Error('model down');
    },
  });
  assert.deepEqual(failing.queries, expected);
  assert.equal(failing.failure?.message, 'model down');
  const babbling = await findQueries({ ...base, question, ask: async () => 'The tower is high.' });
  assert.deepEqual(babbling.queries, expected);
  assert.ok(babbling.failure);
});

test('of a long message its last question is searched for, else its beginning', async () => {
  const story = 'I was in Vellmar last week and it rained. '.repeat(20);
  const asking = await findQueries({ ...base, question: `${story}How high is the tower? Thank you.` });
  assert.deepEqual(asking.queries, ['How high is the tower?']);
  const telling = await findQueries({ ...base, question: story });
  assert.match(telling.queries[0] ?? '', /^I was in Vellmar/);
  assert.ok((telling.queries[0] ?? '').length <= 200);
  const padded = await findQueries({ ...base, question: `${' '.repeat(10_000)}${story.repeat(300)}` });
  assert.match(padded.queries[0] ?? '', /^I was in Vellmar/);
});
