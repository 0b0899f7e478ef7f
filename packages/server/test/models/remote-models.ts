/** Shared parts of the tests of remote models: a scripted upstream, a model in either wire format, a collector. */

import {
  type ScriptedUpstream,
  startScriptedUpstream,
  type Wire,
} from 'colloquy-testkit/upstream/scripted-upstream';
import type { LanguageModel, ModelPart, ModelRequest } from '../../src/models/language-model.ts';
import {
  createRemoteModel,
  type RemoteModelRecord,
  type RemoteModelRuntime,
} from '../../src/models/remote-model.ts';
import { estimateTokens } from '../../src/models/token-count.ts';
import { createUpstreamDispatcher } from '../../src/models/upstream/dispatcher.ts';

export const apiKey = 'sk-very-secret-0123456789';
export const wires: readonly Wire[] = ['openai', 'anthropic'];

export interface Harness extends AsyncDisposable {
  readonly upstream: ScriptedUpstream;
  readonly runtime: RemoteModelRuntime;
  model(
    wire?: Wire,
    change?: { record?: Partial<RemoteModelRecord>; runtime?: Partial<RemoteModelRuntime> },
  ): LanguageModel;
}

/** Options without a wait between retries, and with timeouts that no test reaches unless it sets its own. */
export async function startHarness(): Promise<Harness> {
  const upstream = await startScriptedUpstream();
  const dispatcher = createUpstreamDispatcher({ connectMs: 5_000 });
  const runtime: RemoteModelRuntime = {
    dispatcher,
    timeouts: { connectMs: 20_000, firstTokenMs: 20_000, idleMs: 20_000 },
    maxRetries: 2,
    backoffMs: 1,
    random: () => 0,
    countTokens: estimateTokens,
  };
  return {
    upstream,
    runtime,
    model: (wire = 'openai', change = {}) =>
      createRemoteModel(
        {
          provider: wire === 'openai' ? 'openai-compatible' : 'anthropic',
          baseUrl: wire === 'openai' ? upstream.openAiUrl : upstream.anthropicUrl,
          model: 'scripted',
          apiKey,
          ...change.record,
        },
        { ...runtime, ...change.runtime },
      ),
    [Symbol.asyncDispose]: async () => {
      await dispatcher.destroy();
      await upstream[Symbol.asyncDispose]();
    },
  };
}

export const hello: ModelRequest = { messages: [{ role: 'user', text: 'Hello' }], parameters: {} };

export interface Collected {
  readonly batches: ModelPart[][];
  readonly parts: ModelPart[];
  readonly text: string;
  readonly reasoning: string;
  readonly error: unknown;
}

/** Reads a stream to its end; an error that it throws is in `error`. */
export async function collect(
  model: LanguageModel,
  request: ModelRequest = hello,
  signal: AbortSignal = new AbortController().signal,
): Promise<Collected> {
  const batches: ModelPart[][] = [];
  let error: unknown;
  try {
    for await (const batch of model.stream(request, { signal })) batches.push([...batch]);
  } catch (thrown) {
    error = thrown;
  }
  const parts = batches.flat();
  return { batches, parts, text: textOf(parts, 'text'), reasoning: textOf(parts, 'reasoning'), error };
}

function textOf(parts: readonly ModelPart[], type: 'text' | 'reasoning'): string {
  return parts.map((part) => (part.type === type ? part.text : '')).join('');
}
