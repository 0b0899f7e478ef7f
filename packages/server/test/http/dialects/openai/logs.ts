/** Logs of generations, written in a dialect event by event. */
import type { LogEvent } from '../../../../src/domain/event.ts';
import type { GenerationParameters } from '../../../../src/domain/generation.ts';
import type { Codec, CodecContext } from '../../../../src/http/streaming/codec.ts';
import { beginning, encodeRun } from '../../../../src/http/streaming/encoder.ts';

export const generationId = '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01';
export const messageHex = '019ab1c27d3e7c4f9a105b6c7d8e9f02';
export const usage = {
  prompt_tokens: 1,
  completion_tokens: 2,
  total_tokens: 3,
  provenance: 'reported',
} as const;

export function contextWith(parameters: GenerationParameters, showsReasoning = true): CodecContext {
  return {
    generationId,
    conversationId: '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f03',
    sessionId: '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f04',
    messageId: '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f02',
    facts: {
      userMessageId: '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f05',
      model: { id: '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f06', name: 'small', provider: 'openai' },
      persona: null,
      createdAt: 1_700_000_000_900,
      showsReasoning,
      parameters,
    },
  };
}

export const source = { index: 1, title: 'A page', url: 'https://a.example/', snippet: 's' };

export const started: readonly LogEvent[] = [
  { type: 'generation-queued', position: 0, new_session: true },
  { type: 'generation-started' },
];
export const text = (...pieces: readonly string[]): readonly LogEvent[] => [
  { type: 'part-started', kind: 'text' },
  ...pieces,
  { type: 'part-finished' },
];
export const reasoning: readonly LogEvent[] = [
  { type: 'part-started', kind: 'reasoning' },
  'h',
  'm',
  { type: 'part-finished' },
];
export const call = (name: string, ...pieces: readonly string[]): readonly LogEvent[] => [
  { type: 'part-started', kind: 'tool-call', id: 'theirs', name },
  ...pieces,
  { type: 'part-finished' },
];
const finished = { type: 'generation-finished', usage, error: null, finished_at: 1_700_000_002_100 } as const;
export const done = (finish_reason: 'stop' | 'length' | 'tool_calls' = 'stop'): LogEvent => ({
  ...finished,
  status: 'done',
  finish_reason,
});
export const cancelled: LogEvent = { ...finished, status: 'cancelled', finish_reason: 'cancelled' };
export const failed: LogEvent = {
  ...finished,
  status: 'failed',
  finish_reason: null,
  error: { code: 'provider_timeout', message: 'too late' },
};

/** A frame as a client reads it. */
export interface Shown {
  readonly event: string | undefined;
  readonly data: string;
}

/** What each event of a log becomes, encoded one at a time. */
export function shownOneByOne<State>(
  codec: Codec<State>,
  context: CodecContext,
  events: readonly LogEvent[],
): readonly (readonly Shown[])[] {
  let position = beginning(codec as Codec, context);
  return events.map((event, index) => {
    const run = { firstSeq: index + 1, events: [event] };
    const encoded = encodeRun(codec as Codec, generationId, position, run);
    position = encoded.position;
    return encoded.text
      .split('\n\n')
      .slice(0, -1)
      .map((frame) => ({
        event: /^event: (.*)$/m.exec(frame)?.[1],
        data: /^data: (.*)$/m.exec(frame)?.[1] ?? '',
      }));
  });
}
