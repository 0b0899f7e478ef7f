/** Asks the version in production and the draft of a persona the same. The server stores nothing of it. */
import { createParser } from 'eventsource-parser';
import type { Api } from '../../api/api.ts';
import { personaStrings } from './strings.ts';

export const sides = ['active', 'next'] as const;
export type Side = (typeof sides)[number];

export interface SideAnswer {
  readonly text: string;
  readonly isOver: boolean;
  readonly tokens: number | null;
  readonly cost: number | null;
  /** To the end, in milliseconds. */
  readonly ms: number | null;
  readonly error: string | null;
  /** Why it ended: `stop`, `length`, …; null: it has not, or it failed. */
  readonly finishReason: string | null;
  /** It was stopped here before its end. */
  readonly isStopped: boolean;
}

export const nothingYet: SideAnswer = {
  text: '',
  isOver: false,
  tokens: null,
  cost: null,
  ms: null,
  error: null,
  finishReason: null,
  isStopped: false,
};

export interface Comparison {
  /** Both answer at the same time; `onChange` is called with each piece of one. Resolves when both are over; never rejects. */
  ask(message: string, onChange: (side: Side, answer: SideAnswer) => void): Promise<void>;
  /** Stops what is being answered. */
  stop(): void;
}

interface Said {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

/** An event of the stream, as far as it is looked at. */
interface StreamEvent {
  readonly type: string;
  readonly text?: string;
  readonly message?: string;
  readonly usage?: { readonly total_tokens: number; readonly provenance: string };
  readonly cost?: number | null;
  readonly duration_ms?: number | null;
  readonly finish_reason?: string;
}

/** The answer after one more event. */
export function withEvent(answer: SideAnswer, event: StreamEvent): SideAnswer {
  switch (event.type) {
    case 'text':
      return { ...answer, text: answer.text + (event.text ?? '') };
    case 'error':
      return { ...answer, isOver: true, error: event.message ?? event.type };
    case 'done': {
      const { usage, cost = null, duration_ms: ms = null, finish_reason: finishReason = null } = event;
      const tokens = usage === undefined || usage.provenance === 'unknown' ? null : usage.total_tokens;
      return { ...answer, isOver: true, tokens, cost, ms, finishReason };
    }
    default:
      return answer;
  }
}

export function startComparison(api: Api, personaId: number): Comparison {
  const talks: Readonly<Record<Side, Said[]>> = { active: [], next: [] };
  let running = new AbortController();

  async function askSide(side: Side, message: string, onChange: (answer: SideAnswer) => void): Promise<void> {
    const talk = talks[side];
    talk.push({ role: 'user', content: message });
    const { signal } = running;
    let shown = nothingYet;
    const change = (next: SideAnswer) => {
      shown = next;
      onChange(shown);
    };
    try {
      const response = await api.send('POST', api.admin(`personas/${personaId}/try`), {
        body: { version: side, messages: talk },
        headers: { Accept: 'text/event-stream' },
        signal,
      });
      const parser = createParser({
        onEvent: ({ data }) => change(withEvent(shown, JSON.parse(data) as StreamEvent)),
      });
      const decoder = new TextDecoder();
      for (const reader = response.body?.getReader(); reader !== undefined; ) {
        const { done, value } = await reader.read();
        if (done) break;
        parser.feed(decoder.decode(value, { stream: true }));
      }
      if (!shown.isOver) change({ ...shown, isOver: true, error: personaStrings().cutOff });
    } catch (error) {
      const told = error instanceof Error ? error.message : String(error);
      const isStopped = signal.aborted;
      if (!shown.isOver) change({ ...shown, isOver: true, isStopped, error: isStopped ? null : told });
    }
    talk.push({ role: 'assistant', content: shown.text });
  }

  return {
    async ask(message, onChange) {
      running = new AbortController();
      await Promise.all(sides.map((side) => askSide(side, message, (answer) => onChange(side, answer))));
    },
    stop: () => running.abort(),
  };
}
