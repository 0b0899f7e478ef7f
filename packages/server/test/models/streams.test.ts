/**
 * The answers in `streams/`: what providers send, byte by byte as their documentation shows it (`<provider>-<kind>.txt`),
 * and beside each (`.json`) where it is from and what is to be read from it. They come through the whole stack: at once,
 * a byte at a time, and cut anywhere.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Script, Step } from 'colloquy-testkit/upstream/scripted-upstream';
import { ModelError } from '../../src/models/model-error.ts';
import { randomPieces, seededRandom } from './random-pieces.ts';
import { foldParts, type RecordedStream, readStreams } from './recorded-streams.ts';
import { collect, startHarness } from './remote-models.ts';

const streams = await readStreams();

describe('recorded streams', async () => {
  for (const stream of streams) {
    test(stream.name, async () => {
      await using h = await startHarness();
      const random = seededRandom(stream.name.length);
      for (const [way, script] of Object.entries(ways(stream, random))) {
        h.upstream.setDefault(script);
        const model = h.model(stream.wire, { runtime: { maxRetries: 0 } });
        const { parts, error } = await collect(model);
        assert.deepEqual(foldParts(parts), stream.parts, way);
        if (stream.error === undefined) assert.equal(error, undefined, way);
        else {
          assert.ok(error instanceof ModelError, way);
          assert.equal(error.code, stream.code ?? 'provider_error');
          assert.ok(error.message.includes(stream.error), `${way}: ${error.message}`);
        }
      }
    });
  }
});

/** The ways in which the bytes come. */
function ways({ bytes, contentType }: RecordedStream, random: () => number): Record<string, Script> {
  const headers = contentType === undefined ? {} : { headers: { 'content-type': contentType } };
  const cut = randomPieces(bytes, 40, random).flatMap((data): Step[] => [
    { do: 'raw', data },
    ...(random() < 0.5 ? [{ do: 'wait', ms: 0 } as const] : []),
  ]);
  return {
    'at once': { ...headers, steps: [{ do: 'raw', data: bytes }] },
    'a byte at a time': { ...headers, steps: [{ do: 'raw', data: bytes }], chunkBytes: 1 },
    'cut anywhere': { ...headers, steps: cut },
  };
}
