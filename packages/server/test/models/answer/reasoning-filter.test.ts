/** Reasoning inside the text of an answer: every mark, over every border of chunks, and what only looks like one. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ReasoningFilter, type ThinkingHabit } from '../../../src/models/answer/reasoning-filter.ts';
import type { ModelPart } from '../../../src/models/language-model.ts';

interface Read {
  readonly text: string;
  readonly reasoning: string;
  /** The parts of each chunk, and those of the end. */
  readonly batches: readonly (readonly ModelPart[])[];
}

const finish = { type: 'finish', reason: 'stop' } as const;

/** Reads chunks as one batch each, and folds what comes as a reader does. */
function read(
  chunks: readonly (string | ModelPart)[],
  habit: ThinkingHabit = { beginsInside: false },
  end: ModelPart = finish,
): Read {
  const filter = new ReasoningFilter(habit);
  const batches = [...chunks, end].map((chunk) => {
    const batch: ModelPart[] = [typeof chunk === 'string' ? { type: 'text', text: chunk } : chunk];
    filter.take(batch, 0);
    return batch;
  });
  return { ...fold(batches.flat()), batches };
}

/** Reads chunks as one batch that nobody takes before its end. */
function readAtOnce(chunks: readonly string[]): { text: string; reasoning: string } {
  const filter = new ReasoningFilter();
  const batch: ModelPart[] = [];
  for (const part of [...chunks.map((text) => ({ type: 'text', text }) as const), finish]) {
    batch.push(part);
    filter.take(batch, batch.length - 1);
  }
  assert.ok(!batch.some((part) => part.type === 'text-was-reasoning'));
  return fold(batch);
}

function fold(parts: readonly ModelPart[]): { text: string; reasoning: string } {
  let [text, reasoning] = ['', ''];
  for (const part of parts) {
    if (part.type === 'text') text += part.text;
    else if (part.type === 'reasoning') reasoning += part.text;
    else if (part.type === 'text-was-reasoning') [text, reasoning] = ['', text];
  }
  return { text, reasoning };
}

const marked: readonly (readonly [written: string, reasoning: string, text: string])[] = [
  ['<think>why</think>so', 'why', 'so'],
  [
    '<think>\nfirst line\n\nsecond line\n</think>\n\nThe answer.\n',
    'first line\n\nsecond line',
    'The answer.\n',
  ],
  ['\n <think>why</think> so', 'why', 'so'],
  ['<THINK>why</Think>so', 'why', 'so'],
  ['<thinking>a < b && c</thinking>\n    indented', 'a < b && c', '    indented'],
  ['<thought>why</thought>so', 'why', 'so'],
  ['<reasoning>why</reasoning>so', 'why', 'so'],
  ['<seed:think>why</seed:think>so', 'why', 'so'],
  ['◁think▷why◁/think▷so', 'why', 'so'],
  ['[THINK]a[0] < [1][/THINK]so', 'a[0] < [1]', 'so'],
  ['<|START_THINKING|>why<|END_THINKING|>so', 'why', 'so'],
  ['<|begin_of_thought|>why<|end_of_thought|>so', 'why', 'so'],
  ['<|channel>thought\nwhy\n<channel|>so', 'why', 'so'],
  ['<|channel>thought\n<channel|>so', '', 'so'],
  ['<longcat_think>\nwhy</longcat_think>\nso', 'why', 'so'],
  ['<think>\n\n</think>\n\nso', '', 'so'],
  ['</think>\n\nso', '', 'so'],
  ['<think>a</think>\n<think>b</think>\nso', 'ab', 'so'],
  ['<think>it says </thinking> and </thin</think>so', 'it says </thinking> and </thin', 'so'],
  ['<think>never closed', 'never closed', ''],
  ['<think>never closed </thin', 'never closed </thin', ''],
  ['<think>why</think>use `<think>` and </think> here', 'why', 'use `<think>` and </think> here'],
  [
    '<|channel|>analysis<|message|>why<|end|><|start|>assistant<|channel|>final<|message|>so<|return|>',
    'why',
    'so',
  ],
  ['<|start|>assistant<|channel|>final<|message|>a <|b|> c', '', 'a <|b|> c'],
  [
    '<|channel|>final<|message|>Use `<|start|>` and "<|end|>", then <|message|> or (`<|channel|>`).<|return|>',
    '',
    'Use `<|start|>` and "<|end|>", then <|message|> or (`<|channel|>`).',
  ],
  [
    '<|channel|>analysis<|message|>Say "hi"<|end|><|start|>assistant<|channel|>final<|message|>Call `f()`<|return|>',
    'Say "hi"',
    'Call `f()`',
  ],
  [
    '<|channel|>analysis<|message|>why<|end|><|start|>assistant<|channel|>commentary<|message|>I look it up.<|end|>' +
      '<|start|>assistant<|channel|>commentary to=functions.f <|constrain|>json<|message|>{}<|call|>',
    'why{}',
    'I look it up.',
  ],
];

/** What a template has begun, or a server has left the tokens out of: they are known from two letters on. */
const begunByTemplate: typeof marked = [
  ['analysis<|message|>why<|end|><|start|>assistant<|channel|>final<|message|>so<|return|>', 'why', 'so'],
  [
    '\nassistant<|channel|>analysis<|message|>why<|end|>\n<|start|>assistant<|channel|>final<|message|>so',
    'why',
    'so',
  ],
  ['final<|message|>so<|end|>', '', 'so'],
  ['final <|constrain|>json<|message|>{"so":1}', '', '{"so":1}'],
  ['commentary<|message|>I look.<|end|><|start|>assistant<|channel|>final<|message|>So.', '', 'I look.So.'],
  ['commentary to=functions.f <|constrain|>json<|message|>{"a":"<"}<|call|>', '{"a":"<"}', ''],
  ['commentary to=functions.f json<|message|>{}<|call|>', '{}', ''],
  [' to=functions.f<|channel|>commentary json<|message|>{}<|call|>', '{}', ''],
  ['<|end|><|start|>assistant<|channel|>final<|message|>so<|return|>', '', 'so'],
  ['<|end|>assistant<|channel|>final<|message|>so', '', 'so'],
  // A server has left the tokens out.
  [
    'analysisThe user asks. An assistant helps.assistantfinalHello!',
    'The user asks. An assistant helps.',
    'Hello!',
  ],
  ['analysis用户问。assistantfinal你好', '用户问。', '你好'],
];

const plain: readonly string[] = [
  'An answer.',
  '\n\n  An answer that begins with blanks.',
  'The `<think>` tag, and </think>, and a < b.',
  'Close it with `</think>`, or with "</think>".',
  'Write </think> at the end.',
  'Close it ("</think>").',
  'Close it: “</think>',
  '```</think>',
  '"</think>',
  '```xml\n<think>\nwhy\n</think>\n```\nThat is all.',
  '```\n<thinking>why</thinking>\n```',
  '<b>bold</b> <thinker>',
  '<thin',
  '<',
  '[1] is a note [2]',
  '< think >why</ think >',
  '◁ a sign',
  'An answer <|channel|>analysis<|message|>',
  'analysis',
  'analysis of the final <|message|> token',
  'final answer: <|message|>',
  'assistant to=',
  'commentary to=functions.f',
  'to be <|channel|> or not',
  `${'to='.padEnd(300, 'x')}<|message|>`,
  '<|message|> is a token.',
  '<|message|>',
  '<|start|>',
  '<|start|> begins a message.',
  '<|channel|>',
  `<|start|>${' word'.repeat(60)}`,
  'A message ends with `<|end|>`.',
  'It ends with "<|end|>',
  'It is `<|end|><|start|>assistant`, then.',
  'It goes <|start|>system<|message|>You help.<|end|><|start|>assistant<|channel|>final<|message|>So.',
  'So <|end|> it ends.',
  'So <|return|> it goes.',
  'So <|retur',
  'Was it the data? As assistants, assistant finals.',
  'It has',
  'So <|end|><|start|>assis',
  '   \n ',
];

describe('marks at the beginning', () => {
  for (const [written, reasoning, text] of marked) {
    test(JSON.stringify(written), () => {
      for (let cut = 0; cut <= written.length; cut += 1) {
        const { batches, ...folded } = read([written.slice(0, cut), written.slice(cut)]);
        assert.deepEqual(folded, { text, reasoning }, `cut at ${cut}`);
      }
      const { batches, ...folded } = read([...written]);
      assert.deepEqual(folded, { text, reasoning }, 'character by character');
      assert.deepEqual(readAtOnce([...written]), { text, reasoning });
    });
  }
});

describe('a beginning without its first token', () => {
  for (const [written, reasoning, text] of begunByTemplate) {
    test(JSON.stringify(written), () => {
      for (let cut = 0; cut <= written.length; cut += 1) {
        if (written.slice(0, cut).trim().length === 1) continue;
        const { batches, ...folded } = read([written.slice(0, cut), written.slice(cut)]);
        assert.deepEqual(folded, { text, reasoning }, `cut at ${cut}`);
      }
      const { batches, ...folded } = read([written.slice(0, 3), ...written.slice(3)]);
      assert.deepEqual(folded, { text, reasoning }, 'character by character');
    });
  }

  test('a letter is not held back for it', () => {
    const { batches, text } = read(['a', ' fox']);
    assert.deepEqual(batches[0], [{ type: 'text', text: 'a' }]);
    assert.equal(text, 'a fox');
  });
});

describe('what is no mark', () => {
  for (const written of plain) {
    test(JSON.stringify(written), () => {
      for (let cut = 0; cut <= written.length; cut += 1) {
        const { batches, ...folded } = read([written.slice(0, cut), written.slice(cut)]);
        assert.deepEqual(folded, { text: written, reasoning: '' }, `cut at ${cut}`);
      }
      assert.deepEqual(readAtOnce([...written]), { text: written, reasoning: '' });
    });
  }

  test('an ordinary text is passed on as it comes, and as the same part', () => {
    const part: ModelPart = { type: 'text', text: ' words' };
    const { batches } = read(['Some', part, ' [more]', 'a & b']);
    assert.deepEqual(
      batches.slice(0, 4).map((batch) => batch.map((one) => (one.type === 'text' ? one.text : one.type))),
      [['Some'], [' words'], [' [more]'], ['a & b']],
    );
    assert.equal(batches[1]?.[0], part);
  });

  test('reasoning that the provider tells apart is left alone', () => {
    const told: ModelPart = { type: 'reasoning', text: 'hm\n' };
    const { text, reasoning } = read([told, told, ' so', ' </think>'], { beginsInside: true });
    assert.deepEqual({ text, reasoning }, { text: ' so </think>', reasoning: 'hm\nhm\n' });
  });
});

/** Whether a cut leaves a single letter of the words that stand where tokens were left out; these come as tokens. */
function isInWord(text: string, cut: number): boolean {
  return cut > 0 && text.startsWith('assistantfinal', cut - 1);
}

/** Single characters, and such words whole. */
function pieces(text: string): string[] {
  return text.match(/assistantfinal|[\s\S]/g) ?? [];
}

describe('only the closing mark', () => {
  const written = 'Let me think.\nIt is four.\n</think>\n\nFour.';

  test('what came before it is said to have been reasoning, wherever chunks are cut', () => {
    for (let cut = 0; cut <= written.length; cut += 1) {
      const habit = { beginsInside: false };
      const { text, reasoning } = read([written.slice(0, cut), written.slice(cut)], habit);
      assert.deepEqual(
        { text, reasoning },
        { text: 'Four.', reasoning: 'Let me think.\nIt is four.\n' },
        `${cut}`,
      );
      assert.equal(habit.beginsInside, true);
    }
    assert.deepEqual(readAtOnce([...written]), { text: 'Four.', reasoning: 'Let me think.\nIt is four.\n' });
  });

  test('reasoning may end with a quote', () => {
    for (const thought of ['The user says "hi"', "It is 'a'", 'Say “hi”', 'Call `f()`']) {
      for (const close of [
        '</think>\n\n',
        '<channel|>',
        'assistantfinal',
        '<|end|><|start|>assistant<|channel|>final<|message|>',
      ]) {
        const all = `${thought}${close}Four.`;
        for (let cut = 0; cut <= thought.length + close.length; cut += 1) {
          if (isInWord(all, cut)) continue;
          const { text, reasoning } = read([all.slice(0, cut), all.slice(cut)]);
          assert.deepEqual(
            { text, reasoning },
            { text: 'Four.', reasoning: thought },
            `${all}, cut at ${cut}`,
          );
        }
        assert.equal(read(pieces(all)).text, 'Four.');
      }
      assert.deepEqual(read([`${thought}</think>`]).text, '');
    }
  });

  test('nothing is held back for it, and its own end counts', () => {
    const { batches, text, reasoning } = read(['Let', ' me', ' think', '</think>']);
    assert.deepEqual(batches.slice(0, 3).flat().length, 3);
    assert.deepEqual({ text, reasoning }, { text: '', reasoning: 'Let me think' });
  });

  test('a model that was seen to think begins inside, from the first chunk on', () => {
    const habit = { beginsInside: true };
    const { batches, text, reasoning } = read(['Let me', ' think.', '</think>', 'Four.'], habit);
    assert.deepEqual(batches[0], [{ type: 'reasoning', text: 'Let me' }]);
    assert.ok(!batches.flat().some((part) => part.type === 'text-was-reasoning'));
    assert.deepEqual({ text, reasoning }, { text: 'Four.', reasoning: 'Let me think.' });
    assert.equal(habit.beginsInside, true);
  });

  test('its answer without a mark is given as text, and it is an ordinary model again', () => {
    const habit = { beginsInside: true };
    const { text } = read(['Four', ' it is.\n'], habit);
    assert.equal(text, 'Four it is.\n');
    assert.equal(habit.beginsInside, false);
  });

  test('its answer that was cut while it thought stays reasoning', () => {
    const habit = { beginsInside: true };
    const { text, reasoning } = read(['Let me', ' think'], habit, { type: 'finish', reason: 'length' });
    assert.deepEqual({ text, reasoning }, { text: '', reasoning: 'Let me think' });
    assert.equal(habit.beginsInside, true);
  });

  test('its answer with both marks is read as any other', () => {
    const { text, reasoning } = read(['<think>why</think>so'], { beginsInside: true });
    assert.deepEqual({ text, reasoning }, { text: 'so', reasoning: 'why' });
  });
});

describe('a message of the harmony format that the template began', () => {
  const turns = [
    '<|end|><|start|>assistant<|channel|>final<|message|>Four.<|return|>',
    '<|end|>\n<|start|>assistant<|channel|>final<|message|>Four.',
    '<|start|>assistant<|channel|>final<|message|>Four.<|return|>',
    '<|end|>assistant<|channel|>final<|message|>Four.<|return|>',
    '<|end|><|channel|>final<|message|>Four.<|return|>',
    'assistantfinalFour.',
    '<|end|><|start|>assistant to=functions.f<|channel|>commentary<|message|><|call|><|start|>assistant<|message|>Four.',
  ];
  for (const turn of turns) {
    for (const begun of ['It is <4>? No:\nfour.', '<|message|>It is <4>? No:\nfour.']) {
      const written = begun + turn;
      const expected = { text: 'Four.', reasoning: 'It is <4>? No:\nfour.' };
      test(JSON.stringify(written), () => {
        for (const beginsInside of [false, true]) {
          for (let cut = 0; cut <= written.length; cut += 1) {
            if (isInWord(written, cut)) continue;
            const habit = { beginsInside };
            const { batches, ...folded } = read([written.slice(0, cut), written.slice(cut)], habit);
            assert.deepEqual(folded, expected, `${beginsInside}, cut at ${cut}`);
            assert.equal(habit.beginsInside, true);
          }
          const { batches, ...folded } = read(pieces(written), { beginsInside });
          assert.deepEqual(folded, expected);
        }
        assert.deepEqual(readAtOnce(pieces(written)), expected);
      });
    }
  }

  test('nothing is held back for it, and the next answer begins as reasoning', () => {
    const habit = { beginsInside: false };
    const first = read(
      ['It', ' is', '<|end|>', '<|start|>', 'assistant', '<|channel|>final<|message|>', '4'],
      habit,
    );
    assert.deepEqual(first.batches.slice(0, 2).flat(), [
      { type: 'text', text: 'It' },
      { type: 'text', text: ' is' },
    ]);
    const second = read(['It', ' is', '<|end|><|start|>assistant<|channel|>final<|message|>', '4'], habit);
    assert.deepEqual(second.batches[0], [{ type: 'reasoning', text: 'It' }]);
  });

  test('an answer behind words without tokens may begin with a quote', () => {
    assert.deepEqual(fold(read(pieces('Translate.assistantfinal"Hallo" heißt es.')).batches.flat()), {
      text: '"Hallo" heißt es.',
      reasoning: 'Translate.',
    });
  });

  test('a token that ends the only message is no part of it', () => {
    for (const end of ['<|end|>', '<|return|>', '<|im_end|>', '<|eot_id|>', '<|endoftext|>']) {
      for (const beginsInside of [false, true]) {
        const { text } = read([...`Four.${end}`], { beginsInside });
        assert.equal(text, 'Four.');
      }
    }
  });

  test('what has no tokens and was no reasoning after all is given whole', () => {
    assert.equal(read([...'\nanalysisResult is a name.\n']).text, '\nanalysisResult is a name.\n');
  });
});

test('tool calls and the end come behind what was held back', () => {
  const call: ModelPart = { type: 'tool-call', id: 'c', name: 'f', arguments: '{}' };
  const { batches } = read(['\n<thi', call]);
  assert.deepEqual(batches.flat(), [{ type: 'text', text: '\n<thi' }, call, finish]);
});

test('what breaks off gives what is held back of what was begun', () => {
  const filter = new ReasoningFilter();
  const batch: ModelPart[] = [{ type: 'text', text: '<think>why</thi' }];
  filter.take(batch, 0);
  filter.breakOff(batch);
  assert.deepEqual(fold(batch), { text: '', reasoning: 'why</thi' });
});
