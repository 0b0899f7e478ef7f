/** Asks a provider which models it offers. */
import type { Dispatcher } from 'undici';
import { anthropicEndpoints } from './anthropic/endpoints.ts';
import { ModelError } from './model-error.ts';
import { openAiEndpoints } from './openai/endpoints.ts';
import type { RemoteProviderModule, WireName } from './providers/provider.ts';
import { remoteProviders } from './providers/registry.ts';
import { findFailure } from './upstream/error-words.ts';
import { type GotText, getText } from './upstream/get-text.ts';
import type { WireEndpoints } from './upstream/remote-model.ts';
import {
  errorFromFields,
  errorFromTransport,
  errorFromUnexpectedBody,
  isObject,
  type Upstream,
} from './upstream/upstream-error.ts';

const endpointsOf: Readonly<Record<WireName, WireEndpoints>> = {
  openai: openAiEndpoints,
  anthropic: anthropicEndpoints,
};

const longestListBytes = 4 << 20;
/** Matches the names of models that do not chat. */
const otherPurpose =
  /embed|whisper|tts|dall-e|image|imagen|veo|audio|realtime|transcribe|moderation|davinci|babbage|ocr|sora|aqa|rerank/i;

export interface ProviderModelsQuery {
  readonly provider: RemoteProviderModule['name'];
  readonly baseUrl?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly dispatcher: Dispatcher;
  /** The bound on the whole call, in milliseconds. Default 3000. */
  readonly timeoutMs?: number | undefined;
}

/** `models` holds chat models only; the provider's default comes first if it is among them. */
export type ProviderModels =
  | { readonly ok: true; readonly models: readonly string[] }
  | { readonly ok: false; readonly error: string };

/** Never throws. What goes wrong is described by a text that does not hold the key. */
export async function listProviderModels(query: ProviderModelsQuery): Promise<ProviderModels> {
  const { provider, apiKey, timeoutMs = 3_000 } = query;
  const facts: RemoteProviderModule = remoteProviders[provider];
  const upstream = { provider, apiKey };
  const baseUrl = query.baseUrl ?? facts.baseUrl;
  if (baseUrl === undefined) return { ok: false, error: `base_url: the provider ${provider} needs one` };
  const signal = AbortSignal.timeout(timeoutMs);
  const endpoints = endpointsOf[facts.wire];
  const headers = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'colloquy',
    ...endpoints.headers(apiKey),
  };
  try {
    const answer = await getText({
      ...upstream,
      ...endpoints.models(baseUrl),
      headers: Object.entries(headers).flat(),
      dispatcher: query.dispatcher,
      signal,
      maxBytes: longestListBytes,
    });
    const names = findModelNames(answer.text);
    if (names === undefined) return { ok: false, error: reasonOfNoList(upstream, answer) };
    return { ok: true, models: withDefaultFirst(names, facts.defaultModel) };
  } catch (error) {
    if (signal.aborted)
      return { ok: false, error: `the provider ${provider} named no models within ${timeoutMs} ms` };
    return {
      ok: false,
      error: error instanceof ModelError ? error.message : errorFromTransport(upstream, error).message,
    };
  }
}

/** What stands in place of a list: a failure that is reported with status 200, a page, or something else. */
function reasonOfNoList(upstream: Upstream, { contentType, text }: GotText): string {
  const body = parseJson(text);
  const failure = isObject(body) ? findFailure(body) : undefined;
  if (failure !== undefined) return errorFromFields(upstream, failure).message;
  if (body === undefined && text !== '') {
    return errorFromUnexpectedBody(upstream, contentType, text, 'a list of models').message;
  }
  return `the provider ${upstream.provider} answered with no list of models`;
}

/** Reads `{data: [{id}]}`. Google prefixes its names with `models/`, and Mistral says which models chat. */
function findModelNames(text: string): string[] | undefined {
  const parsed = parseJson(text);
  if (!isObject(parsed) || !Array.isArray(parsed.data)) return undefined;
  const names = new Set<string>();
  for (const entry of parsed.data as unknown[]) {
    if (!isObject(entry) || typeof entry.id !== 'string') continue;
    const capabilities = entry.capabilities;
    if (isObject(capabilities) && capabilities.completion_chat === false) continue;
    const name = entry.id.replace(/^models\//, '');
    if (!otherPurpose.test(name)) names.add(name);
  }
  return [...names];
}

function withDefaultFirst(names: readonly string[], preferred: string | undefined): readonly string[] {
  if (preferred === undefined || !names.includes(preferred)) return names;
  return [preferred, ...names.filter((name) => name !== preferred)];
}

/** Undefined where the text is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
