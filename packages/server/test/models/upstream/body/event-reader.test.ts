/** The framing of events: as the standard has it, and as providers have it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EventReader, EventTooLongError } from '../../../../src/models/upstream/body/event-reader.ts';

type Read = readonly (string | readonly [event: string, data: string] | { readonly whole: string })[];

function read(chunks: readonly string[]): { events: Read; words: string } {
  const events: (string | [string, string] | { whole: string })[] = [];
  const reader = new EventReader({
    accept: ({ event, data }) => void events.push(event === undefined ? data : [event, data]),
    acceptWhole: (json) => void events.push({ whole: json }),
  });
  for (const chunk of chunks) reader.feed(chunk);
  reader.end();
  return { events, words: reader.words };
}

function piecesOf(text: string, length: number): string[] {
  return Array.from({ length: Math.ceil(text.length / length) }, (_, i) =>
    text.slice(i * length, (i + 1) * length),
  );
}

const [a, b] = ['{"a":1}', '{"b":{"c":[]}}'];

const bodies: readonly { name: string; body: string; events: Read; words?: string }[] = [
  { name: 'the usual form', body: `data: ${a}\n\ndata: ${b}\n\ndata: [DONE]\n\n`, events: [a, b, '[DONE]'] },
  { name: 'CRLF', body: `data: ${a}\r\n\r\ndata: ${b}\r\n\r\n`, events: [a, b] },
  { name: 'CR', body: `data: ${a}\r\rdata: ${b}\r\r`, events: [a, b] },
  { name: 'all three ends of a line', body: `data: ${a}\r\n\ndata: ${b}\r\r\n`, events: [a, b] },
  { name: 'a byte order mark', body: `\uFEFFdata: ${a}\n\n`, events: [a] },
  { name: 'blank lines first', body: `\n\r\n  \ndata: ${a}\n\n`, events: [a] },
  { name: 'no blank, many blanks, a tab', body: `data:${a}\n\ndata:   \t ${b}  \n\n`, events: [a, b] },
  {
    name: 'blanks before the field and before its colon',
    body: ` data : ${a}\n\nDATA: ${b}\n\n`,
    events: [a, b],
  },
  {
    name: 'one newline between events',
    body: `data: ${a}\ndata: ${b}\ndata: [DONE]\n`,
    events: [a, b, '[DONE]'],
  },
  {
    name: 'one newline between named events',
    body: `event: x\ndata: ${a}\nevent: y\ndata: ${b}\n`,
    events: [
      ['x', a],
      ['y', b],
    ],
  },
  { name: 'an end without a blank line', body: `data: ${a}\n\ndata: ${b}`, events: [a, b] },
  { name: 'an end within a line', body: `data: ${a}\n\ndata: {"b":`, events: [a], words: '{"b":' },
  {
    name: 'an object over several lines of data',
    body: 'data: {\ndata: "a":\ndata: 1}\n\n',
    events: ['{\n"a":\n1}'],
  },
  {
    name: 'an object over lines without a field name, and blank lines in it',
    body: `data: {\n  "a": {},\n\n  "b": [\n    {}\n  ]\n}\n\ndata: ${a}\n\n`.replace('\n\n  "b"', '\n  "b"'),
    events: ['{\n"a": {},\n"b": [\n{}\n]\n}', a],
  },
  { name: 'an empty event', body: `data:\n\ndata: \n\nevent: ping\n\ndata: ${a}\n\n`, events: [a] },
  {
    name: 'comments, ids, times to reconnect',
    body: `: hello\n:\nid: 1\nretry: 5\n: x\ndata: ${a}\nid: 2\n\n`,
    events: [a],
  },
  {
    name: 'a name without data leaves the next event alone',
    body: `event: ping\n\ndata: ${a}\n\n`,
    events: [a],
  },
  {
    name: 'the last word in other forms',
    body: 'data: [DONE] \n\ndata: DONE\n\ndata: [done]\n\n',
    events: ['[DONE]', '[DONE]', '[DONE]'],
  },
  { name: 'a line that is called error', body: `data: ${a}\n\nerror: ${b}\n\n`, events: [a, ['error', b]] },
  { name: 'a text under error', body: 'error: out of memory', events: [['error', 'out of memory']] },
  { name: 'a whole body of JSON', body: `  ${b}`, events: [{ whole: b }] },
  {
    name: 'a whole body of JSON on lines',
    body: '{\n "a": {},\n\n "b": 1\n}\n',
    events: [{ whole: '{\n"a": {},\n"b": 1\n}' }],
  },
  { name: 'a list', body: '[{"error":\n{}}]', events: [{ whole: '[{"error":\n{}}]' }] },
  { name: 'JSON lines', body: `${a}\n${b}\n`, events: [a, b] },
  { name: 'JSON without a name behind events', body: `data: ${a}\n\n${b}\n`, events: [a, b] },
  {
    name: 'lines of a stream, each in an event of its own',
    body: `data: : ping\n\ndata: event: x\n\ndata: data: ${a}\n\ndata: \n\ndata: data: ${b}\n\ndata: data: [DONE]\n\n`,
    events: [['x', a], b, '[DONE]'],
  },
  {
    name: 'a field of an error within data',
    body: `data: ${a}\n\ndata: error: gone\n\n`,
    events: [a, ['error', 'gone']],
  },
  {
    name: 'data wrapped again and again',
    body: `data: data: data: data: ${a}\n\ndata: ${b}\n\n`,
    events: [b],
  },
  { name: 'words', body: 'no such model\nbye', events: [], words: 'no such model\nbye' },
];

describe('events of a body', () => {
  for (const { name, body, events, words = '' } of bodies) {
    for (const length of [body.length, 1, 2, 3, 7]) {
      test(`${name}, in pieces of ${length}`, () => {
        assert.deepEqual(read(piecesOf(body, length)), { events, words });
      });
    }
  }

  test('an event counts before the next one comes', () => {
    const seen: string[] = [];
    const reader = new EventReader({
      accept: ({ data }) => void seen.push(data),
      acceptWhole: () => undefined,
    });
    reader.feed(`data: ${a}\n`);
    assert.deepEqual(seen, [a]);
    reader.feed(`data: ${b}\n`);
    assert.deepEqual(seen, [a, b]);
  });

  test('markup is told apart', () => {
    const reader = new EventReader({ accept: () => assert.fail(), acceptWhole: () => assert.fail() });
    reader.feed('\n <!DOCTYPE html>\n<p>{}');
    assert.equal(reader.isPage, true);
  });

  for (const [name, piece] of [
    ['one line', 'y'.repeat(1000)],
    ['lines of data', `data: ${'y'.repeat(1000)}\n`],
    ['lines that might end an object', 'data: {}}\n'.repeat(100)],
    ['a comment', ':'.repeat(1000)],
  ] as const) {
    test(`${name} without end is refused`, () => {
      const reader = new EventReader({ accept: () => undefined, acceptWhole: () => undefined });
      assert.throws(() => {
        reader.feed('data: {"a":\n');
        for (let i = 0; i < 5_000; i += 1) reader.feed(piece);
      }, EventTooLongError);
    });
  }
});
