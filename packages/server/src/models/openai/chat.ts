/** OpenAI's Chat Completions wire format behind `LanguageModel`: OpenAI itself and all who speak it. */
import type { Dispatcher } from 'undici';
import type { LanguageModel } from '../language-model.ts';
import { upstreamAddress } from '../upstream/address.ts';
import { type StreamTimeouts, streamFromUpstream, type UpstreamCall } from '../upstream/model-stream.ts';
import { OpenAiDecoder } from './decoder.ts';
import { buildOpenAiBody, type OpenAiQuirks } from './request.ts';

/** What every remote model needs, whatever its wire format. */
export interface RemoteModelOptions {
  /** As in the model's record; for texts and metrics. */
  readonly provider: string;
  readonly baseUrl: string;
  /** Absent: no credential is sent (Ollama, vLLM at home). */
  readonly apiKey?: string | undefined;
  /** The provider's name for the model. */
  readonly model: string;
  /** Sent where the request itself names no `max_tokens`. */
  readonly maxOutputTokens?: number | undefined;
  readonly timeouts: StreamTimeouts;
  /** Tries after the first one, while nothing was received. */
  readonly maxRetries: number;
  /** The first back-off, in milliseconds. Default 500. */
  readonly backoffMs?: number | undefined;
  /** Shared by all models; its owner closes it. */
  readonly dispatcher: Dispatcher;
  readonly countTokens: (text: string) => number;
  /** For the jitter. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

export interface OpenAiChatOptions extends RemoteModelOptions {
  readonly quirks?: OpenAiQuirks | undefined;
  /** The server understands vLLM's `continue_final_message`. Default false. */
  readonly canContinue?: boolean | undefined;
}

/** `baseUrl` includes `/v1`. @throws TypeError where it is no http(s) address */
export function createOpenAiChatModel(options: OpenAiChatOptions): LanguageModel {
  const { provider, apiKey, model, quirks = {}, canContinue = false } = options;
  const headers = [
    'content-type',
    'application/json',
    'accept',
    'text/event-stream',
    'user-agent',
    'colloquy',
  ];
  if (apiKey !== undefined) headers.push('authorization', `Bearer ${apiKey}`);
  const upstream = { provider, apiKey };
  const call: UpstreamCall = {
    ...upstream,
    ...upstreamAddress(options.baseUrl, '/chat/completions'),
    headers,
    dispatcher: options.dispatcher,
    timeouts: options.timeouts,
    maxRetries: options.maxRetries,
    backoffMs: options.backoffMs ?? 500,
    random: options.random ?? Math.random,
    createDecoder: () => new OpenAiDecoder(upstream),
  };
  return {
    provider,
    canContinue,
    stream: (request, { signal }) =>
      streamFromUpstream(call, buildOpenAiBody(model, request, quirks, options.maxOutputTokens), signal),
    countTokens: options.countTokens,
  };
}
