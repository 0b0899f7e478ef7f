/** Asks the version in production and the draft of a persona the same, as two conversations that are erased afterwards. */
import type { Colloquy } from '@colloquy/client';
import { ColloquyError } from '@colloquy/client';

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
}

export const nothingYet: SideAnswer = {
  text: '',
  isOver: false,
  tokens: null,
  cost: null,
  ms: null,
  error: null,
};

export interface Comparison {
  /** Both answer at the same time; `onChange` is called with each piece of one. Resolves when both are over; never rejects. */
  ask(message: string, onChange: (side: Side, answer: SideAnswer) => void): Promise<void>;
  /** Stops what is being answered. */
  stop(): void;
  /** Stops, and erases both conversations. */
  erase(): Promise<void>;
}

/** @param erase deletes a conversation by its id */
export function startComparison(
  client: Colloquy,
  personaId: number,
  erase: (conversationId: string) => Promise<unknown>,
): Comparison {
  const sessions = new Map<Side, string>();
  const conversations = new Set<string>();
  let running: { stop(): Promise<unknown> }[] = [];

  async function askSide(side: Side, message: string, onChange: (answer: SideAnswer) => void): Promise<void> {
    const session = sessions.get(side);
    const answer = client.send(
      message,
      session === undefined ? { persona: { id: personaId, version: side } } : { session },
    );
    running.push(answer);
    let shown = nothingYet;
    try {
      for await (const event of answer) {
        if (event.type === 'session') {
          sessions.set(side, event.sessionId);
          conversations.add(event.conversationId);
        } else if (event.type === 'text') {
          shown = { ...shown, text: shown.text + event.text };
        } else if (event.type === 'done') {
          const tokens = event.usage.provenance === 'unknown' ? null : event.usage.totalTokens;
          shown = { ...shown, isOver: true, tokens, cost: event.cost, ms: event.durationMs };
        } else continue;
        onChange(shown);
      }
    } catch (error) {
      const message =
        error instanceof ColloquyError || error instanceof Error ? error.message : String(error);
      onChange({ ...shown, isOver: true, error: message });
    }
  }

  const stop = () => {
    for (const answer of running) void answer.stop().catch(() => undefined);
    running = [];
  };
  return {
    async ask(message, onChange) {
      running = [];
      await Promise.all(sides.map((side) => askSide(side, message, (answer) => onChange(side, answer))));
    },
    stop,
    async erase() {
      stop();
      // What can't be erased now is one of one's own conversations, and can be deleted there.
      await Promise.allSettled([...conversations].map(erase));
    },
  };
}
