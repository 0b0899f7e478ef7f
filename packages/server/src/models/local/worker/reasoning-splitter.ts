/** Separates a model's reasoning, between marks such as `<think>`, from its answer while both stream. */
import { createStopMatcher } from './stop-matcher.ts';

export interface ReasoningMarks {
  readonly open: string;
  readonly close: string;
  /** Whether the template has already opened the reasoning. */
  readonly startsOpen: boolean;
}

export interface SplitText {
  readonly type: 'text' | 'reasoning';
  readonly text: string;
}

export interface ReasoningSplitter {
  push(text: string): SplitText[];
  flush(): SplitText[];
}

/** Without marks, everything is text. */
export function createReasoningSplitter(marks: ReasoningMarks | undefined): ReasoningSplitter {
  if (marks === undefined) return { push: (text) => pieces('text', text), flush: () => [] };
  let inside = marks.startsOpen;
  let matcher = createStopMatcher([inside ? marks.close : marks.open]);
  return {
    push(text) {
      const parts: SplitText[] = [];
      let rest = text;
      while (true) {
        const { text: before, after } = matcher.push(rest);
        parts.push(...pieces(inside ? 'reasoning' : 'text', before));
        if (after === undefined) return parts;
        inside = !inside;
        matcher = createStopMatcher([inside ? marks.close : marks.open]);
        rest = after;
      }
    },
    flush() {
      return pieces(inside ? 'reasoning' : 'text', matcher.flush());
    },
  };
}

function pieces(type: SplitText['type'], text: string): SplitText[] {
  return text === '' ? [] : [{ type, text }];
}
