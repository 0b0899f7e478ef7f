/** Codec and encoder, as pure functions of a log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEvent } from '../../../src/domain/event.ts';
import type { LogPlace } from '../../../src/generation/interface.ts';
import { chatCodec } from '../../../src/http/dialects/chat/codec.ts';
import { type Codec, dataFrame, hidden } from '../../../src/http/streaming/codec.ts';
import { parseCursor } from '../../../src/http/streaming/cursor.ts';
import { beginning, encodeRun, isIssued, positionAt } from '../../../src/http/streaming/encoder.ts';

const generationId = '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01';
const context = { generationId, conversationId: 'c', sessionId: 's', messageId: 'm' };
const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3, provenance: 'reported' } as const;
const log: readonly LogEvent[] = [
  { type: 'generation-queued', position: 2, new_session: false },
  { type: 'generation-started' },
  { type: 'status', status: 'searching' },
  { type: 'sources', sources: [{ index: 1, title: 't', url: 'https://x.example/', snippet: 's' }] },
  { type: 'part-started', kind: 'reasoning' },
  'secret',
  { type: 'part-finished' },
  { type: 'part-started', kind: 'text' },
  'Hello\n',
  '',
  ' \u2028 "you"',
  { type: 'part-finished' },
  { type: 'part-started', kind: 'tool-call', id: '1', name: 'look' },
  '{"a":1}',
  { type: 'part-finished' },
  { type: 'generation-finished', status: 'done', finish_reason: 'stop', usage, error: null },
];

const whole = encodeRun(chatCodec, generationId, beginning(chatCodec, context), {
  firstSeq: 1,
  events: log,
}).text;

/** The place of an event of the log, as the engine gives it: with the deltas before it, or without. */
function placeIn(seq: number, isWhole = false): LogPlace {
  const before = log.slice(0, seq - 1).filter((event) => isWhole || typeof event !== 'string');
  return { seq, event: log[seq - 1] ?? assert.fail(`no event ${seq}`), before, isWhole };
}

test('the chat dialect shows text, sources at the end, and nothing else', () => {
  const frame = (id: string, data: object) => `data: ${JSON.stringify(data)}\nid: ${generationId}:${id}\n\n`;
  assert.equal(
    whole,
    frame('1.1', { type: 'session_continued', session_id: 's' }) +
      frame('1', { type: 'queued', position: 2 }) +
      frame('9', { type: 'token', content: 'Hello\n' }) +
      'data: {"type":"token","content":" \\u2028 \\"you\\""}\n' +
      `id: ${generationId}:11\n\n` +
      frame('16', {
        type: 'done',
        usage,
        finish_reason: 'stop',
        sources: [{ index: 1, title: 't', url: 'https://x.example/', snippet: 's' }],
      }),
  );
});

test('how the log is cut into runs makes no difference', () => {
  for (let size = 1; size <= log.length; size += 1) {
    let position = beginning(chatCodec, context);
    let text = '';
    for (let start = 0; start < log.length; start += size) {
      const encoded = encodeRun(chatCodec, generationId, position, {
        firstSeq: start + 1,
        events: log.slice(start, start + size),
      });
      text += encoded.text;
      position = encoded.position;
    }
    assert.equal(text, whole);
  }
});

test('behind every id comes exactly the rest', () => {
  const frames = whole.split('\n\n').slice(0, -1);
  frames.forEach((frame, index) => {
    const cursor = parseCursor(/^id: (.*)$/m.exec(frame)?.[1] ?? '');
    const place = placeIn(cursor.seq);
    assert.ok(isIssued(chatCodec, context, cursor, place));
    const position = positionAt(chatCodec, context, cursor, place);
    const { text } = encodeRun(chatCodec, generationId, position, {
      firstSeq: position.seq + 1,
      events: log.slice(position.seq),
    });
    assert.deepEqual(text.split('\n\n').slice(0, -1), frames.slice(index + 1));
  });
});

test('what no frame bears was never issued', () => {
  for (const cursor of ['2', '6', '10', '13', '1.2', '9.1']) {
    const parsed = parseCursor(`${generationId}:${cursor}`);
    assert.equal(isIssued(chatCodec, context, parsed, placeIn(parsed.seq)), false, cursor);
  }
});

test('a part that a dialect lacks stands before its event', () => {
  const single: Codec<null> = {
    begin: () => null,
    frames: (event) =>
      typeof event === 'object' && event.type === 'start' ? dataFrame({ start: true }) : hidden,
  };
  const cursor = parseCursor(`${generationId}:1.1`);
  const position = positionAt(single, context, cursor, placeIn(1));
  const { text } = encodeRun(single, generationId, position, { firstSeq: 1, events: log.slice(0, 1) });
  assert.equal(text, `data: {"start":true}\nid: ${generationId}:1\n\n`);
});

test('a state counts deltas only where the codec says so, in a stream as behind a cursor', () => {
  for (const readsDeltas of [true, false]) {
    const counting: Codec<number> = {
      begin: () => 0,
      readsDeltas,
      advance: (count) => count + 1,
      frames: (event, count) =>
        typeof event === 'object' && event.type === 'end' ? `data: ${count}\n` : hidden,
    };
    const run = { firstSeq: 1, events: log };
    const streamed = encodeRun(counting, generationId, beginning(counting, context), run).text;
    for (let seq = 1; seq < log.length; seq += 1) {
      const position = positionAt(counting, context, { generationId, seq }, placeIn(seq, readsDeltas));
      const rest = { firstSeq: seq + 1, events: log.slice(seq) };
      assert.equal(encodeRun(counting, generationId, position, rest).text, streamed, `behind ${seq}`);
    }
    assert.match(streamed, readsDeltas ? /^data: 15\n/ : /^data: 11\n/);
  }
  const reading: Codec = { ...chatCodec, readsDeltas: true } as Codec;
  assert.throws(() => positionAt(reading, context, { generationId, seq: 12 }, placeIn(12)), /was given none/);
});

test('a gap is an error, never skipped', () => {
  const from = beginning(chatCodec, context);
  assert.throws(() => encodeRun(chatCodec, generationId, from, { firstSeq: 2, events: log.slice(1) }));
});

test('failed and interrupted end with an error, cancelled with done', () => {
  const end = (event: LogEvent) => {
    const run = { firstSeq: 1, events: [event] };
    return encodeRun(chatCodec, generationId, beginning(chatCodec, context), run).text.replace(
      /id: .*\n\n$/,
      '',
    );
  };
  const error = { code: 'provider_timeout', message: 'too late' } as const;
  const base = { type: 'generation-finished', finish_reason: null, usage, error } as const;
  assert.equal(
    end({ ...base, status: 'failed' }),
    'data: {"type":"error","code":"provider_timeout","message":"too late"}\n',
  );
  assert.match(end({ ...base, status: 'interrupted' }), /"type":"error"/);
  assert.match(
    end({ ...base, status: 'cancelled', finish_reason: 'cancelled', error: null }),
    /"type":"done".*"finish_reason":"cancelled"/,
  );
});
