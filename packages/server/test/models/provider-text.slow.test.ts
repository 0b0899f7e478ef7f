/** No reader of provider text comes to a standstill over 8 MiB of it. `bench/patterns.ts` prints how it grows. */
import { describe, test } from 'node:test';
import { hardTexts, mixedText, readers } from 'colloquy-testkit/upstream/provider-text';

describe('8 MiB of provider text come to an end', () => {
  for (const [name, prepare] of Object.entries(readers)) {
    test(name, { timeout: 120_000 }, () => {
      for (const [, text] of hardTexts(256 << 10)) prepare(text)();
      prepare(mixedText(8 << 20))();
    });
  }
});
