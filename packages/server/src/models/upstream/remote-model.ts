/** What remote models have in common, whatever their wire format: their options, and the call that is made of them. */
import type { Dispatcher } from 'undici';
import type { StreamTimeouts, UpstreamCall } from './model-stream.ts';
import type { Upstream } from './upstream-error.ts';
import type { WireDecoder } from './wire-decoder.ts';

export interface RemoteModelOptions {
  /** The provider as the model's record names it; for messages and metrics. */
  readonly provider: string;
  readonly baseUrl: string;
  /** Absent: no credential is sent, as Ollama and private vLLM servers need none. */
  readonly apiKey?: string | undefined;
  /** The provider's name for the model. */
  readonly model: string;
  /** Sent where the request itself sets no `max_tokens`. */
  readonly maxOutputTokens?: number | undefined;
  readonly timeouts: StreamTimeouts;
  /** How often a call is retried, while nothing was received. */
  readonly maxRetries: number;
  /** The first back-off, in milliseconds. Default 500. */
  readonly backoffMs?: number | undefined;
  /** Shared by all models; its owner closes it. */
  readonly dispatcher: Dispatcher;
  readonly countTokens: (text: string) => number;
  /** A number from 0 to 1 for the back-off's jitter. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

export interface EndpointAddress {
  readonly origin: string;
  readonly path: string;
}

/** Where a wire format's endpoints are below a base URL, and how its requests carry the key. */
export interface WireEndpoints {
  /** @throws TypeError where `baseUrl` is no http(s) address */
  answers(baseUrl: string): EndpointAddress;
  /** @throws TypeError where `baseUrl` is no http(s) address */
  models(baseUrl: string): EndpointAddress;
  /** Headers of every request, beside those that all formats have in common. */
  headers(apiKey: string | undefined): Readonly<Record<string, string>>;
}

/** @throws TypeError where the base URL is no http(s) address */
export function toUpstreamCall(
  options: RemoteModelOptions,
  endpoints: WireEndpoints,
  createDecoder: (upstream: Upstream) => WireDecoder,
): UpstreamCall {
  const { provider, apiKey, dispatcher, timeouts, maxRetries } = options;
  const headers = {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    'user-agent': 'colloquy',
    ...endpoints.headers(apiKey),
  };
  const upstream = { provider, apiKey };
  return {
    ...upstream,
    ...endpoints.answers(options.baseUrl),
    headers: Object.entries(headers).flat(),
    dispatcher,
    timeouts,
    maxRetries,
    backoffMs: options.backoffMs ?? 500,
    random: options.random ?? Math.random,
    createDecoder: () => createDecoder(upstream),
  };
}
