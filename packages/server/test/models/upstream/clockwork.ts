/** A provider in the test's hands: it answers when the test says so, and its clock is the test's. */
import type { TestContext } from 'node:test';
import type { Wire } from 'colloquy-testkit/upstream/scripted-upstream';
import type { Dispatcher } from 'undici';
import type { ModelPart } from '../../../src/models/language-model.ts';
import { createRemoteModel, type RemoteModelRuntime } from '../../../src/models/remote-model.ts';
import { estimateTokens } from '../../../src/models/token-count.ts';
import { apiKey, hello } from '../remote-models.ts';

/** One request that the model has sent. */
export class Exchange {
  readonly path: string;
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #controller: Dispatcher.DispatchController;
  isAborted = false;
  hasEnded = false;

  constructor(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) {
    this.path = options.path;
    this.#handler = handler;
    this.#controller = {
      paused: false,
      abort: () => {
        this.isAborted = true;
      },
      pause: () => undefined,
      resume: () => undefined,
    } as unknown as Dispatcher.DispatchController;
    handler.onRequestStart?.(this.#controller, undefined);
  }

  headers(status = 200, headers: Record<string, string> = {}): this {
    this.#handler.onResponseStart?.(this.#controller, status, headers, '');
    return this;
  }

  say(data: string): this {
    if (!this.isAborted) this.#handler.onResponseData?.(this.#controller, Buffer.from(data));
    return this;
  }

  end(): this {
    this.hasEnded = true;
    if (!this.isAborted) this.#handler.onResponseEnd?.(this.#controller, {});
    return this;
  }
}

export interface Clockwork {
  /** The requests so far, oldest first. */
  readonly exchanges: readonly Exchange[];
  readonly parts: readonly ModelPart[];
  readonly text: string;
  /** What the call ended with; undefined while it goes on and when it ended well. */
  readonly error: unknown;
  readonly isOver: boolean;
  /** Lets time go by; what is due happens on the way. */
  pass(ms: number): Promise<void>;
}

/** Starts a call at once. */
export async function startClockwork(
  t: TestContext,
  wire: Wire,
  runtime: Partial<RemoteModelRuntime> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Clockwork> {
  let nowMs = 1_000;
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(performance, 'now', () => nowMs);
  const exchanges: Exchange[] = [];
  const dispatcher = {
    dispatch: (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) => {
      exchanges.push(new Exchange(options, handler));
      return true;
    },
  } as unknown as Dispatcher;
  const model = createRemoteModel(
    {
      provider: wire === 'openai' ? 'openai-compatible' : 'anthropic',
      baseUrl: 'http://provider.test/v1',
      model: 'scripted',
      apiKey,
    },
    {
      dispatcher,
      timeouts: { connectMs: 10_000, firstTokenMs: 120_000, idleMs: 60_000 },
      maxRetries: 2,
      backoffMs: 500,
      random: () => 1,
      countTokens: estimateTokens,
      ...runtime,
    },
  );
  const parts: ModelPart[] = [];
  const state = { error: undefined as unknown, isOver: false };
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  };
  void (async () => {
    try {
      const stream = model.stream(hello, { signal });
      for await (const batch of stream) parts.push(...batch);
    } catch (error) {
      state.error = error;
    }
    state.isOver = true;
  })();
  await settle();
  return {
    exchanges,
    parts,
    get text() {
      return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
    },
    get error() {
      return state.error;
    },
    get isOver() {
      return state.isOver;
    },
    async pass(ms) {
      const step = Math.max(1, Math.min(100, ms / 20));
      for (const endMs = nowMs + ms; nowMs < endMs; ) {
        const passed = Math.min(step, endMs - nowMs);
        nowMs += passed;
        t.mock.timers.tick(passed);
        await settle();
      }
      await settle();
    },
  };
}
