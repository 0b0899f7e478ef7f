/** The usual scripts of the scripted upstream. */
import type { RecordedRequest, Script, Step } from './scripted-upstream.ts';

/** The usual answer: headers, tokens, finish, usage, end. `tokens` defaults to the words of the text. */
export function answer(
  text: string,
  options: {
    readonly tokens?: readonly string[];
    readonly reasoning?: readonly string[];
    readonly intervalMs?: number;
    /** Usage to report; null reports none. Default: 10 prompt tokens, and one completion token for each token. */
    readonly usage?: Omit<Extract<Step, { do: 'usage' }>, 'do'> | null;
    readonly finishReason?: string;
    readonly chunkBytes?: number;
  } = {},
): Script {
  const tokens = options.tokens ?? wordsOf(text);
  const interval = options.intervalMs === undefined ? {} : { intervalMs: options.intervalMs };
  const usage =
    options.usage === undefined ? { promptTokens: 10, completionTokens: tokens.length } : options.usage;
  return {
    ...(options.chunkBytes === undefined ? {} : { chunkBytes: options.chunkBytes }),
    steps: [
      { do: 'headers' },
      ...(options.reasoning
        ? [{ do: 'tokens', tokens: options.reasoning, reasoning: true, ...interval } as const]
        : []),
      { do: 'tokens', tokens, ...interval },
      { do: 'finish', ...(options.finishReason === undefined ? {} : { reason: options.finishReason }) },
      ...(usage === null ? [] : [{ do: 'usage', ...usage } as const]),
      { do: 'end' },
    ],
  };
}

/** Answers `You said: <last user message>`, word by word. */
export function echo(request: RecordedRequest): Script {
  return answer(`You said: ${request.lastUserMessage}`);
}

/** A refusal with the provider's usual error body. */
export function refuse(
  status: number,
  options: {
    readonly retryAfter?: string;
    readonly message?: string;
    readonly type?: string;
    readonly code?: string;
  } = {},
): Script {
  return {
    status,
    headers: options.retryAfter === undefined ? {} : { 'retry-after': options.retryAfter },
    body: {
      error: {
        message: options.message ?? `scripted ${status}`,
        type: options.type ?? 'scripted_error',
        ...(options.code === undefined ? {} : { code: options.code }),
      },
    },
  };
}

/** A gate for a `hold` step: the script continues once `release` is called. */
export function gate(): { readonly step: Step; readonly release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { step: { do: 'hold', until: promise }, release: resolve };
}

/** Splits a text into words, each with the blank before it, so that joining them gives the text. */
export function wordsOf(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}
