/** Entries with long texts: the same JSON as any other entry, made in pieces with turns of the event loop between them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryJson, pieceLength } from '../../../src/http/answer/json-entry.ts';

const signs = ['x', 'é', '€', '💡', '"', '\\', '\n', '\u0001', '\u007f', '\u2028', 'a💡', '💡"'];

async function textOf(entry: object): Promise<string> {
  const json = await entryJson(entry);
  return typeof json === 'string' ? json : Buffer.concat(json).toString('utf8');
}

test('an entry is the same JSON, whatever its texts hold and wherever they are cut', async () => {
  for (const sign of signs) {
    for (const before of ['', 'y']) {
      const text = before + sign.repeat(Math.ceil((1.2 * pieceLength) / sign.length));
      const entry = { id: 'one', text, none: null, absent: undefined, usage: { text: 'short' }, last: true };
      assert.equal(await textOf(entry), JSON.stringify(entry));
      assert.equal(await textOf({ ...entry, text: Buffer.from(text) }), JSON.stringify(entry));
      assert.equal(
        await textOf({ text: Buffer.from(text), name: text }),
        JSON.stringify({ text, name: text }),
      );
    }
  }
});

test('a short entry is one text, also where it holds bytes', async () => {
  assert.equal(entryJson({ id: 'one', text: 'two' }), '{"id":"one","text":"two"}');
  assert.equal(await textOf({ text: Buffer.from('two "é"') }), '{"text":"two \\"é\\""}');
  assert.equal(await textOf({ text: new Uint8Array() }), '{"text":""}');
});

test('each piece of a long text has a turn of the event loop, and is bounded', async () => {
  for (const text of ['💡'.repeat(100_000), Buffer.from('💡'.repeat(100_000)), '\u0001'.repeat(200_000)]) {
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const pieces = await entryJson({ text });
    isDone = true;
    assert.ok(typeof pieces !== 'string');
    const least = Math.floor(text.length / pieceLength);
    assert.ok(turns >= least, `${turns} turns for ${least} pieces`);
    assert.ok(pieces.every(({ length }) => length <= 6 * pieceLength));
  }
});
