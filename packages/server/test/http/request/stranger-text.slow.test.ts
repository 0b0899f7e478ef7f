/** No reader of a stranger's text comes to a standstill over 8 MiB of it. `bench/patterns.ts` prints how it grows. */
import { describe, test } from 'node:test';
import { strangerReaders } from 'colloquy-testkit/stranger-text';
import { hardTexts, mixedText } from 'colloquy-testkit/upstream/provider-text';

describe('8 MiB of a stranger’s text come to an end', () => {
  for (const [name, prepare] of Object.entries(strangerReaders)) {
    test(name, { timeout: 120_000 }, async () => {
      for (const [, text] of hardTexts(256 << 10)) await prepare(text)();
      await prepare(mixedText(8 << 20))();
    });
  }
});
