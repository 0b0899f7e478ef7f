/** The dialects in which a bench asks Colloquy: what a client posts, and how it finds the tokens in what it reads. */
import { randomUUID } from 'node:crypto';
import { promptOf } from './vocabulary.ts';

export const dialectNames = ['chat', 'completions', 'responses', 'ui'] as const;
export type DialectName = (typeof dialectNames)[number];

export interface Dialect {
  readonly path: string;
  /** The body that sends the message of stream `number` as the first one of a conversation. */
  body(number: number): object;
  /** Bytes that are in each frame of a token, once, and in no other frame. */
  readonly tokenMark: Buffer;
  /** The text that an event adds to the answer; undefined for an event of another kind. */
  tokenOf(event: DialectEvent): string | undefined;
  /** Whether the event says that the answer is whole. */
  isEnd(event: DialectEvent): boolean;
  /** Whether `[DONE]` follows as the last frame. */
  readonly hasDoneFrame: boolean;
}

/** The fields of events that are read here, of all dialects. */
export interface DialectEvent {
  readonly type?: string;
  readonly content?: string;
  readonly delta?: string;
  readonly choices?: readonly {
    readonly delta: { readonly content?: string; readonly role?: string };
    readonly finish_reason: string | null;
  }[];
}

export const dialects: Readonly<Record<DialectName, Dialect>> = {
  chat: {
    path: '/api/chat/completion/stream',
    body: (number) => ({ message: promptOf(number) }),
    tokenMark: Buffer.from('"type":"token"'),
    tokenOf: ({ type, content }) => (type === 'token' ? content : undefined),
    isEnd: ({ type }) => type === 'done',
    hasDoneFrame: false,
  },
  completions: {
    path: '/v1/chat/completions',
    // Stored, as the answers of the other dialects are.
    body: (number) => ({
      model: benchModel,
      messages: [{ role: 'user', content: promptOf(number) }],
      stream: true,
      store: true,
    }),
    tokenMark: Buffer.from('"delta":{"content":'),
    tokenOf({ choices }) {
      const delta = choices?.[0]?.delta;
      return delta?.role === undefined ? delta?.content : undefined;
    },
    isEnd: ({ choices }) => choices?.[0]?.finish_reason === 'stop',
    hasDoneFrame: true,
  },
  responses: {
    path: '/v1/responses',
    body: (number) => ({ model: benchModel, input: promptOf(number), stream: true }),
    tokenMark: Buffer.from('"type":"response.output_text.delta"'),
    tokenOf: ({ type, delta }) => (type === 'response.output_text.delta' ? delta : undefined),
    isEnd: ({ type }) => type === 'response.completed',
    hasDoneFrame: true,
  },
  ui: {
    path: '/api/ui/chat',
    body: (number) => ({
      id: randomUUID(),
      message: { id: randomUUID(), role: 'user', parts: [{ type: 'text', text: promptOf(number) }] },
    }),
    tokenMark: Buffer.from('"type":"text-delta"'),
    tokenOf: ({ type, delta }) => (type === 'text-delta' ? delta : undefined),
    isEnd: ({ type }) => type === 'finish',
    hasDoneFrame: true,
  },
};

/** The persona that `startColloquy` makes, as a model. */
const benchModel = 'persona:bench';
