/** Asks a provider which models it offers. */
import { type Dispatcher, request } from 'undici';
import { anthropicEndpoints } from './anthropic/endpoints.ts';
import { openAiEndpoints } from './openai/endpoints.ts';
import type { RemoteProviderModule, WireName } from './providers/provider.ts';
import { remoteProviders } from './providers/registry.ts';
import type { WireEndpoints } from './upstream/remote-model.ts';
import { errorFromStatus, errorFromTransport, isObject } from './upstream/upstream-error.ts';

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
  try {
    const { origin, path } = endpoints.models(baseUrl);
    const response = await request(`${origin}${path}`, {
      dispatcher: query.dispatcher,
      headers: { accept: 'application/json', 'user-agent': 'colloquy', ...endpoints.headers(apiKey) },
      signal,
    });
    const text = await readText(response.body);
    if (response.statusCode !== 200) {
      return {
        ok: false,
        error: errorFromStatus(upstream, response.statusCode, response.headers, text).message,
      };
    }
    const names = findModelNames(text);
    if (names === undefined)
      return { ok: false, error: `the provider ${provider} answered with no list of models` };
    return { ok: true, models: withDefaultFirst(names, facts.defaultModel) };
  } catch (error) {
    if (signal.aborted)
      return { ok: false, error: `the provider ${provider} named no models within ${timeoutMs} ms` };
    return { ok: false, error: errorFromTransport(upstream, error).message };
  }
}

async function readText(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > longestListBytes) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Reads `{data: [{id}]}`. Google prefixes its names with `models/`, and Mistral says which models chat. */
function findModelNames(text: string): string[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
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
