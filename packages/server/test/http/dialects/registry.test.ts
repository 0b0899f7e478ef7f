/** Every dialect of the list is complete, and a client may change from each to each other after any event. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '../../../src/domain/errors.ts';
import type { LogEvent } from '../../../src/domain/event.ts';
import { dialects } from '../../../src/domain/generation.ts';
import type { LogPlace } from '../../../src/generation/interface.ts';
import { dialectRegistry } from '../../../src/http/dialects/registry.ts';
import type { Codec } from '../../../src/http/streaming/codec.ts';
import { type Cursor, parseCursor } from '../../../src/http/streaming/cursor.ts';
import { beginning, encodeRun, isIssued, positionAt } from '../../../src/http/streaming/encoder.ts';

const generationId = '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01';
const context = { generationId, conversationId: 'c', sessionId: 's', messageId: 'm' };
const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3, provenance: 'reported' } as const;

/** Events of every type, up to the last. */
const begun: readonly LogEvent[] = [
  { type: 'generation-queued', position: 2, new_session: true },
  { type: 'generation-started' },
  { type: 'status', status: 'searching' },
  {
    type: 'sources',
    sources: [{ index: 1, title: 't', url: 'https://x.example/', snippet: 's' }],
    notice: 'n',
  },
  { type: 'part-started', kind: 'reasoning' },
  'hm',
  { type: 'part-finished' },
  { type: 'part-started', kind: 'tool-call', id: '1', name: 'look' },
  '{}',
  { type: 'part-finished' },
  { type: 'part-started', kind: 'text' },
  'Hello\n',
  '',
  ' there',
  { type: 'part-finished' },
];
const error = { code: 'provider_timeout', message: 'too late' } as const;
const ends: readonly LogEvent[] = [
  { type: 'generation-finished', status: 'done', finish_reason: 'stop', usage, error: null },
  { type: 'generation-finished', status: 'cancelled', finish_reason: 'cancelled', usage, error: null },
  { type: 'generation-finished', status: 'failed', finish_reason: null, usage, error },
];
const log: readonly LogEvent[] = [...begun, ...ends.slice(0, 1)];

interface Frame {
  readonly text: string;
  readonly cursor: Cursor;
}

function framesOf(text: string): readonly Frame[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .map((frame) => ({ text: frame, cursor: parseCursor(/^id: (.*)$/m.exec(frame)?.[1] ?? '') }));
}

function wholeIn(dialect: (typeof dialects)[number], events = log): readonly Frame[] {
  const { codec } = dialectRegistry[dialect];
  const run = { firstSeq: 1, events };
  return framesOf(encodeRun(codec, generationId, beginning(codec, context), run).text);
}

/** The place of an event of the log, as the engine gives it for a codec. */
function placeIn(seq: number, { readsDeltas: isWhole = false }: Codec): LogPlace {
  const before = log.slice(0, seq - 1).filter((event) => isWhole || typeof event !== 'string');
  return { seq, event: log[seq - 1] ?? assert.fail(`no event ${seq}`), before, isWhole };
}

/** Whether a frame comes after a cursor in the order of the log; a part stands before the rest of its event. */
function isBehind(
  { cursor: { seq, part = Number.POSITIVE_INFINITY } }: Frame,
  cursor: Cursor,
  parts: number,
): boolean {
  if (seq !== cursor.seq) return seq > cursor.seq;
  if (cursor.part === undefined) return false;
  // If this dialect has no such frame, the cursor counts as the position before its event.
  return cursor.part < parts ? part > cursor.part : true;
}

for (const name of dialects) {
  describe(`the dialect ${name}`, () => {
    const { name: own, tag, prefixes, codec, envelope } = dialectRegistry[name];

    test('has its name, a section in the documentation, and prefixes that no other dialect has', () => {
      assert.equal(own, name);
      assert.ok(tag.name !== '' && tag.description !== '');
      assert.ok(prefixes.length > 0);
      const others = dialects.filter((other) => other !== name);
      const taken = others.flatMap((other) => dialectRegistry[other].prefixes);
      for (const prefix of prefixes) assert.ok(!taken.some((one) => one === prefix), prefix);
    });

    test('its errors bear their code', () => {
      const body = envelope(new AppError('not_found', 'session not found'));
      assert.match(JSON.stringify(body), /"not_found"/);
      assert.match(JSON.stringify(body), /"session not found"/);
    });

    test('shows each piece of the text, and each way to end in a last frame', () => {
      for (const seq of [12, 14])
        assert.ok(
          wholeIn(name).some(({ cursor }) => cursor.seq === seq),
          `event ${seq}`,
        );
      for (const end of ends) assert.equal(wholeIn(name, [...begun, end]).at(-1)?.cursor.seq, log.length);
      const failed = wholeIn(name, [...begun, ...ends.slice(2)]).filter(
        ({ cursor }) => cursor.seq === log.length,
      );
      // Some clients know no codes, only words.
      assert.match(failed.map(({ text }) => text).join('\n'), /provider_timeout|too late/);
    });

    for (const from of dialects) {
      test(`goes on behind every event of ${from}`, () => {
        const whole = wholeIn(name);
        for (const { cursor } of wholeIn(from)) {
          const issuing = dialectRegistry[from].codec;
          assert.ok(isIssued(issuing, context, cursor, placeIn(cursor.seq, issuing)));
          const position = positionAt(codec, context, cursor, placeIn(cursor.seq, codec));
          const run = { firstSeq: position.seq + 1, events: log.slice(position.seq) };
          const rest = framesOf(encodeRun(codec, generationId, position, run).text);
          const parts = whole.filter((frame) => frame.cursor.seq === cursor.seq).length;
          const expected = whole.filter((frame) => isBehind(frame, cursor, parts));
          assert.deepEqual(rest, expected, JSON.stringify(cursor));
        }
      });
    }
  });
}
