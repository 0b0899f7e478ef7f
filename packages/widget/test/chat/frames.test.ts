/** Server-Sent Events, as the client's own parser reads them, however the stream is cut. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createParser as createOther } from 'eventsource-parser';
import fc from 'fast-check';
import { createParser } from '../../src/chat/frames.ts';

type Make = (options: {
  onEvent(frame: { readonly id?: string | undefined; readonly data: string }): void;
}) => { feed(piece: string): void };

function framesOf(make: Make, pieces: readonly string[]): unknown[] {
  const frames: unknown[] = [];
  const parser = make({ onEvent: ({ id, data }) => void frames.push([id, data]) });
  for (const piece of pieces) parser.feed(piece);
  return frames;
}

test('a stream has the same events, wherever it is cut and however its lines end', () => {
  const bits = [
    'id: 1',
    'id:a:b',
    'data: {"a": 1}',
    'data:',
    'data:  x',
    'data',
    'event: e',
    ': ping',
    'é',
    '\n',
    '\n\n',
  ];
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...bits, '\r\n', '\r\n\r\n'), { maxLength: 20 }),
      fc.array(fc.nat(60)),
      (chosen, cuts) => {
        const text = `${chosen.join('')}\n\n`;
        const places = [0, ...cuts.sort((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
        assert.deepEqual(framesOf(createParser, pieces), framesOf(createOther, [text]));
      },
    ),
    { numRuns: 500 },
  );
});
