/** Tells an announcer of an answer: that it begins, its text as the person has chosen to hear it, and how it ended. */
import { plainText } from '../markdown/plain-text.ts';
import type { Strings } from '../strings/strings.ts';
import type { Announcer } from './announcer.ts';
import { beginningOf, sentencesOf } from './sentences.ts';

/** `finished`: the text once it is there. `written`: whole sentences as they come. `done`: only that it is there. */
export type Narration = 'finished' | 'written' | 'done';

/** Of a finished answer; the rest is there to be read. */
export const maxSpoken = 500;
/** Between two pieces of an answer that is told as it is written. */
const pieceMs = 2000;

export interface Narrator {
  /** The answer has begun. */
  begin(): void;
  /** The whole text so far. */
  write(text: string): void;
  /** @param how `trouble` is the sentence of what went wrong */
  end(text: string, how: 'done' | 'stopped' | { readonly trouble: string }): void;
}

export function createNarrator(
  announcer: Announcer,
  strings: Strings,
  {
    narration = 'finished',
    language = 'en',
    now = Date.now,
  }: {
    readonly narration?: Narration;
    readonly language?: string;
    /** Milliseconds. */
    readonly now?: () => number;
  } = {},
): Narrator {
  const words = { code: strings.code, table: strings.tableOf };
  let saidSentences = 0;
  let lastMs = Number.NEGATIVE_INFINITY;

  const sentences = (text: string): readonly string[] => sentencesOf(plainText(text, words), language);
  const rest = (text: string): string => sentences(text).slice(saidSentences).join(' ');

  return {
    begin() {
      saidSentences = 0;
      lastMs = Number.NEGATIVE_INFINITY;
      announcer.say(strings.answering);
    },
    write(text) {
      if (narration !== 'written' || now() - lastMs < pieceMs) return;
      // The last one may be unfinished.
      const whole = sentences(text).slice(0, -1);
      if (whole.length <= saidSentences) return;
      announcer.say(whole.slice(saidSentences).join(' '));
      saidSentences = whole.length;
      lastMs = now();
    },
    end(text, how) {
      if (typeof how === 'object') return announcer.alert(how.trouble);
      if (how === 'stopped') return announcer.say(strings.stopped);
      if (narration === 'done') return announcer.say(strings.finished);
      if (narration === 'written') return announcer.say(rest(text) || strings.finished);
      const beginning = beginningOf(plainText(text, words), language, maxSpoken);
      announcer.say(
        beginning.isWhole ? beginning.text || strings.finished : `${beginning.text} ${strings.more}`,
      );
    },
  };
}
