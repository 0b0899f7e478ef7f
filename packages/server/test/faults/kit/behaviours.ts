/** Behaviours of the scripted upstream. A turn's question names the one that it asks for, so both sides know it. */
import {
  answer,
  echo,
  type RecordedRequest,
  refuse,
  type Script,
} from 'colloquy-testkit/upstream/scripted-upstream';
import type { Random } from './random.ts';

/** Relative frequency of each behaviour. */
const weights = {
  plain: 60,
  reasoning: 4,
  large: 1.5,
  'no-usage': 3,
  split: 3,
  'stall-first': 3,
  'stall-between': 3,
  'drop-first': 3,
  'drop-between': 3,
  'drop-in-frame': 3,
  'end-early': 3,
  'refuse-429': 3,
  'refuse-500': 3,
  garbage: 3,
} as const;

export type Behaviour = keyof typeof weights;

export interface Turn {
  /** The user's message, unique in a run. */
  readonly question: string;
  readonly behaviour: Behaviour;
  readonly tokenCount: number;
  readonly intervalMs: number;
}

export function makeTurn(name: string, random: Random): Turn {
  const behaviour = random.weighted(weights);
  const tokenCount = behaviour === 'large' ? 1500 : random.between(1, 80);
  const intervalMs = random.between(5, 40);
  return {
    question: `turn ${name}: ${behaviour} ${tokenCount} ${intervalMs}`,
    behaviour,
    tokenCount,
    intervalMs,
  };
}

export function turnOf(question: string): Turn | undefined {
  const [, behaviour, tokenCount, intervalMs] = /^turn \S+: (\S+) (\d+) (\d+)$/.exec(question) ?? [];
  if (behaviour === undefined || !Object.hasOwn(weights, behaviour)) return undefined;
  return {
    question,
    behaviour: behaviour as Behaviour,
    tokenCount: Number(tokenCount),
    intervalMs: Number(intervalMs),
  };
}

/** The tokens of a turn's answer, the same at every call. */
function tokensOf({ behaviour, tokenCount }: Turn): string[] {
  const filler = behaviour === 'large' ? 'x'.repeat(200) : '';
  return Array.from({ length: tokenCount }, (_, index) => `${index === 0 ? '' : ' '}ß${index}👋🏽${filler}`);
}

/** The whole answer that the upstream would give. */
export function wholeAnswer(turn: Turn): string {
  return tokensOf(turn).join('');
}

/** Whether the model completes its answer if nothing interrupts it. */
export function canBeWhole({ behaviour }: Turn): boolean {
  return ['plain', 'reasoning', 'large', 'no-usage', 'split'].includes(behaviour);
}

/** What a call asks last: questions that got no answer stand before it in the same message, with a blank line between. */
export function questionOf({ lastUserMessage }: Pick<RecordedRequest, 'lastUserMessage'>): string {
  return lastUserMessage.slice(lastUserMessage.lastIndexOf('\n\n') + 1).trim();
}

/** The upstream's script for a call. Calls that belong to no turn (titles, summaries) get an echo. */
export function scriptFor(request: RecordedRequest): Script {
  const turn = turnOf(questionOf(request));
  if (turn === undefined) return echo(request);
  const { behaviour, intervalMs } = turn;
  const tokens = tokensOf(turn);
  const some = { do: 'tokens', tokens: tokens.slice(0, Math.ceil(tokens.length / 2)), intervalMs } as const;
  switch (behaviour) {
    case 'plain':
      return answer('', { tokens, intervalMs });
    case 'reasoning':
      return answer('', { tokens, intervalMs, reasoning: ['Let', ' me', ' think.'] });
    case 'large':
      return answer('', { tokens });
    case 'no-usage':
      return answer('', { tokens, intervalMs, usage: null });
    case 'split':
      return answer('', { tokens, chunkBytes: 7 });
    case 'stall-first':
      return { steps: [{ do: 'headers' }, { do: 'stall' }] };
    case 'stall-between':
      return { steps: [some, { do: 'stall' }] };
    case 'drop-first':
      return { steps: [{ do: 'drop' }] };
    case 'drop-between':
      return { steps: [some, { do: 'drop' }] };
    case 'drop-in-frame':
      return { steps: [some, { do: 'drop', midFrame: true }] };
    case 'end-early':
      return { steps: [some] };
    case 'refuse-429':
      return refuse(429, { retryAfter: '1' });
    case 'refuse-500':
      return refuse(500);
    case 'garbage':
      return { steps: [some, { do: 'raw', data: 'data: {"oops\n\n' }, { do: 'stall' }] };
  }
}
