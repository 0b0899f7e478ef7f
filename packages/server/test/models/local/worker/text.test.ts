import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSlots } from '../../../../src/models/local/process/slots.ts';
import { chooseGpu } from '../../../../src/models/local/worker/gpu.ts';
import { createReasoningSplitter } from '../../../../src/models/local/worker/reasoning-splitter.ts';
import { createStopMatcher } from '../../../../src/models/local/worker/stop-matcher.ts';
import { createTokenTextDecoder } from '../../../../src/models/local/worker/text-decoder.ts';
import { estimateTokens, measureTokens } from '../../../../src/models/local/worker/token-ratio.ts';
import { ModelError } from '../../../../src/models/model-error.ts';

/** Tokens that are bytes. */
const bytes = (tokens: readonly number[]) => Buffer.from(tokens).toString('utf8');

test('characters split over tokens come whole, at every position', () => {
  const text = 'a😀é日本ß𝄞z';
  const decoder = createTokenTextDecoder(bytes);
  const pieces = [...Buffer.from(text)].map((byte) => decoder.push(byte));
  assert.equal(pieces.join('') + decoder.flush(), text);
  assert.ok(pieces.every((piece) => !piece.includes('\ufffd')));
});

test('tokens that end one character and begin the next lose nothing', () => {
  const text = '日本語日本語';
  const raw = Buffer.from(text);
  const chunks = [raw.subarray(0, 2), raw.subarray(2, 5), raw.subarray(5, 10), raw.subarray(10)];
  const decoder = createTokenTextDecoder((tokens) =>
    Buffer.concat(tokens.map((token) => chunks[token]!)).toString(),
  );
  const pieces = chunks.map((_, token) => decoder.push(token));
  assert.equal(pieces.join('') + decoder.flush(), text);
  assert.ok(pieces.slice(0, 3).every((piece) => !piece.includes('\ufffd')));
});

test('bytes that never become a character are shown as replacement characters, and what follows is right', () => {
  const decoder = createTokenTextDecoder(bytes);
  const pieces = [0xf0, 0x9f, 0xff, 0x41, 0xe6].map((byte) => decoder.push(byte));
  assert.equal(pieces.join('') + decoder.flush(), bytes([0xf0, 0x9f, 0xff, 0x41, 0xe6]));
});

test('a stop string is found however the text is cut, and nothing of it is shown', () => {
  const text = 'one two </end> three';
  for (let first = 0; first <= text.length; first++)
    for (let second = first; second <= text.length; second++) {
      const matcher = createStopMatcher(['</end>', 'never']);
      let shown = '';
      let stopped = false;
      for (const piece of [text.slice(0, first), text.slice(first, second), text.slice(second)]) {
        if (stopped) break;
        const result = matcher.push(piece);
        shown += result.text;
        stopped = result.after !== undefined;
      }
      assert.equal(shown, 'one two ');
      assert.ok(stopped);
    }
});

test('the beginning of a stop string that does not come is given out in the end', () => {
  const matcher = createStopMatcher(['###']);
  assert.equal(matcher.push('a ##').text, 'a ');
  assert.equal(matcher.push(' b#').text, '## b');
  assert.equal(matcher.flush(), '#');
});

test('reasoning is told from the answer, also when a mark comes in pieces', () => {
  const splitter = createReasoningSplitter({ open: '<think>', close: '</think>', startsOpen: false });
  const parts = [...'<think>why</think>so <b>'].flatMap((character) => splitter.push(character));
  const all = [...parts, ...splitter.flush()];
  const joined = (type: string) =>
    all
      .filter((part) => part.type === type)
      .map((part) => part.text)
      .join('');
  assert.equal(joined('reasoning'), 'why');
  assert.equal(joined('text'), 'so <b>');
});

test('the estimate of tokens is measured at the tokenizer and errs on the safe side', () => {
  const ratio = measureTokens((text) => Buffer.byteLength(text));
  assert.ok(estimateTokens('Hallo, größe 😀', ratio) >= Buffer.byteLength('Hallo, größe 😀'));
  assert.equal(estimateTokens('', ratio), 0);
});

test('a GPU is used only where its package is installed', () => {
  assert.equal(
    chooseGpu('linux', 'x64', () => false),
    false,
  );
  assert.equal(
    chooseGpu('linux', 'x64', (name) => name === '@node-llama-cpp/linux-x64-cuda'),
    'auto',
  );
  assert.equal(
    chooseGpu('darwin', 'arm64', () => false),
    'auto',
  );
  assert.equal(chooseGpu('linux', 'x64'), false, 'this repository installs empty GPU packages');
});

test('slots are given in order, an aborted waiter leaves the queue, a full queue refuses', async () => {
  const slots = createSlots(1, 2);
  const never = new AbortController().signal;
  const release = await slots.acquire(never);
  const leaving = new AbortController();
  const aborted = slots.acquire(leaving.signal);
  const next = slots.acquire(never);
  await assert.rejects(
    slots.acquire(never),
    (error) => error instanceof ModelError && error.code === 'overloaded',
  );
  leaving.abort(new Error('gone'));
  await assert.rejects(aborted, /gone/);
  assert.equal(slots.waiting, 1);
  release();
  release();
  const releaseNext = await next;
  assert.equal(slots.running, 1);
  releaseNext();
  assert.equal(slots.running, 0);
});
