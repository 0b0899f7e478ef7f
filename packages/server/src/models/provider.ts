/** The remote providers: where they are, how they differ, and the model behind a record. */
import type { Dispatcher } from 'undici';
import { createAnthropicModel } from './anthropic/messages.ts';
import type { LanguageModel } from './language-model.ts';
import { createOpenAiChatModel } from './openai/chat.ts';
import type { OpenAiQuirks } from './openai/request.ts';
import type { StreamTimeouts } from './upstream/model-stream.ts';

export type RemoteProvider = 'openai' | 'anthropic' | 'google' | 'mistral' | 'openai-compatible';

interface ProviderFacts {
  readonly wire: 'openai' | 'anthropic';
  /** Absent: the record must name one. */
  readonly baseUrl?: string;
  /** What is taken where the provider's list can't be had. Absent: there is none. */
  readonly defaultModel?: string;
  readonly quirks?: OpenAiQuirks;
}

/**
 * As the providers document it; Google's and Mistral's OpenAI-compatible endpoints were never tried live.
 * Google answers 400 to a `seed`. Mistral answers 422 to fields that it does not know, calls the seed
 * `random_seed`, and reports usage unasked.
 */
export const remoteProviders: Readonly<Record<RemoteProvider, ProviderFacts>> = {
  openai: { wire: 'openai', baseUrl: 'https://api.openai.com/v1', defaultModel: 'gpt-4.1-mini' },
  anthropic: { wire: 'anthropic', baseUrl: 'https://api.anthropic.com/v1', defaultModel: 'claude-haiku-4-5' },
  google: {
    wire: 'openai',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
    defaultModel: 'gemini-flash-latest',
    quirks: { seedField: null },
  },
  mistral: {
    wire: 'openai',
    baseUrl: 'https://api.mistral.ai/v1',
    defaultModel: 'mistral-small-latest',
    quirks: { seedField: 'random_seed', streamOptions: false },
  },
  'openai-compatible': { wire: 'openai' },
};

/** Documented default of Ollama, which is called as `openai-compatible` at `withVersion1(OLLAMA_BASE_URL)`. */
export const defaultOllamaModel = 'llama3.2';

export function isRemoteProvider(provider: string): provider is RemoteProvider {
  return Object.hasOwn(remoteProviders, provider);
}

export interface RemoteModelRecord {
  readonly provider: RemoteProvider;
  /** The provider's name for the model. */
  readonly model: string;
  /** Absent: the provider's own. Must be there for `openai-compatible`. */
  readonly baseUrl?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly maxOutputTokens?: number | undefined;
  /** The server understands vLLM's `continue_final_message`. */
  readonly canContinue?: boolean | undefined;
}

/** What all remote models of a process share. */
export interface RemoteModelRuntime {
  readonly dispatcher: Dispatcher;
  readonly timeouts: StreamTimeouts;
  readonly maxRetries: number;
  readonly countTokens: (text: string) => number;
  /** The first back-off, in milliseconds. Default 500. */
  readonly backoffMs?: number | undefined;
  /** 0 to 1, for the back-off's jitter. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** @throws TypeError where there is no base URL, or it is no http(s) address */
export function createRemoteModel(record: RemoteModelRecord, runtime: RemoteModelRuntime): LanguageModel {
  const facts = remoteProviders[record.provider];
  const baseUrl = record.baseUrl ?? facts.baseUrl;
  if (baseUrl === undefined) throw new TypeError(`The provider ${record.provider} needs a base URL`);
  const options = { ...record, ...runtime, baseUrl };
  if (facts.wire === 'anthropic') return createAnthropicModel(options);
  return createOpenAiChatModel({ ...options, quirks: facts.quirks ?? openAiQuirks(baseUrl) });
}

/** OpenAI itself takes `max_completion_tokens` for all models; whoever else speaks its format, `max_tokens`. */
function openAiQuirks(baseUrl: string): OpenAiQuirks {
  return new URL(baseUrl).hostname === 'api.openai.com' ? { maxTokensField: 'max_completion_tokens' } : {};
}
