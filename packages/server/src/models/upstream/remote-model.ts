/** What remote models have in common, whatever their wire format: their options, and the call that is made of them. */
import { createHash } from 'node:crypto';
import type { Dispatcher } from 'undici';
import type { Logger } from '../../domain/logger.ts';
import type { GreetingRole, LearntFacts, SystemRole, ThinkTags, TokenField } from '../../domain/model.ts';
import type { StreamTimeouts, UpstreamCall } from './model-stream.ts';
import type { Upstream } from './upstream-error.ts';

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
  /** Further headers of each request; one that a wire format sets itself is replaced. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Parameters of each request's query. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Fields that are merged last into the body of each request. */
  readonly extraBody?: Readonly<Record<string, unknown>> | undefined;
  /** Default `auto`. */
  readonly tokenField?: TokenField | undefined;
  /** Default `system`. */
  readonly systemRole?: SystemRole | undefined;
  /** Default `system`. */
  readonly greetingRole?: GreetingRole | undefined;
  /** Whether marks such as `<think>` in the text are read as reasoning. Default `auto`: they are. */
  readonly thinkTags?: ThinkTags | undefined;
  /** Whether the answer is asked for as a stream. Default true. */
  readonly stream?: boolean | undefined;
  /** What earlier calls have shown. */
  readonly learnt?: LearntFacts | undefined;
  /** Called with what a call shows, to be kept with the model. It never throws. */
  readonly onLearnt?: ((facts: LearntFacts) => void) | undefined;
  readonly timeouts: StreamTimeouts;
  /** How often a call is retried, while nothing was received. */
  readonly maxRetries: number;
  /** The first back-off, in milliseconds. Default 500. */
  readonly backoffMs?: number | undefined;
  /** Shared by all models; its owner closes it. */
  readonly dispatcher: Dispatcher;
  /** Whether the dispatcher reaches an address through a proxy. Default: it does not. */
  readonly isProxied?: ((url: URL) => boolean) | undefined;
  readonly countTokens: (text: string) => number;
  /** A number from 0 to 1 for the back-off's jitter. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Told what is odd about answers. */
  readonly logger?: Logger | undefined;
}

export interface EndpointAddress {
  readonly origin: string;
  readonly path: string;
}

/** What the address of an endpoint depends on. */
export interface EndpointTarget {
  readonly baseUrl: string;
  /** The provider's name for the model. */
  readonly model?: string | undefined;
  /** Parameters of each request's query. */
  readonly query?: Readonly<Record<string, string>> | undefined;
}

/** Where a wire format's endpoints are, and how its requests carry the key. */
export interface WireEndpoints {
  /** The address with its query. @throws TypeError where `baseUrl` is no http(s) address */
  answers(target: EndpointTarget): EndpointAddress;
  /** The address with its query. @throws TypeError where `baseUrl` is no http(s) address */
  models(target: EndpointTarget): EndpointAddress;
  /** Headers of every request, beside those that all formats have in common. */
  headers(apiKey: string | undefined): Readonly<Record<string, string>>;
}

/** Headers by their names in lower case; of two with one name, that of `further` counts. */
export function mergeHeaders(
  headers: Readonly<Record<string, string>>,
  further: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const named = Object.entries(further).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { ...headers, ...Object.fromEntries(named) };
}

/** Values of headers and of the query may be secret, as keys are. */
export function upstreamOf(
  options: Pick<RemoteModelOptions, 'provider' | 'apiKey' | 'headers' | 'query'>,
): Upstream {
  const { provider, apiKey, headers = {}, query = {} } = options;
  return { provider, apiKey, secrets: [...Object.values(headers), ...Object.values(query)] };
}

/** A name for the provider's address and for what calls carry as key, from which neither can be read. */
export function accountOf({ provider, baseUrl, apiKey, headers, query }: RemoteModelOptions): string {
  const credentials = JSON.stringify([provider, baseUrl, apiKey, headers, query]);
  return createHash('sha256').update(credentials).digest('base64url');
}

/** @throws TypeError where the base URL is no http(s) address */
export function toUpstreamCall(
  options: RemoteModelOptions,
  endpoints: WireEndpoints,
): Omit<UpstreamCall, 'createDecoder'> {
  const { apiKey, dispatcher, timeouts, maxRetries } = options;
  const headers = mergeHeaders(
    {
      'content-type': 'application/json',
      'accept-encoding': 'identity',
      accept: options.stream === false ? 'application/json' : 'text/event-stream',
      'user-agent': 'colloquy',
      ...endpoints.headers(apiKey),
    },
    options.headers,
  );
  const address = endpoints.answers(options);
  return {
    ...upstreamOf(options),
    ...address,
    isProxied: options.isProxied?.(new URL(address.origin)),
    headers: Object.entries(headers).flat(),
    dispatcher,
    timeouts,
    maxRetries,
    backoffMs: options.backoffMs ?? 500,
    random: options.random ?? Math.random,
  };
}
