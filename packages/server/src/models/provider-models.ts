/** Asks a provider which models it offers. */
import { type Dispatcher, request } from 'undici';
import { anthropicVersion } from './anthropic/messages.ts';
import { type RemoteProvider, remoteProviders } from './provider.ts';
import { upstreamAddress, withVersion1 } from './upstream/address.ts';
import { errorFromStatus, errorFromTransport, isObject } from './upstream/upstream-error.ts';

const longestListBytes = 4 << 20;
/** Models that do not chat, by the names that the providers give them. */
const otherPurpose =
  /embed|whisper|tts|dall-e|image|imagen|veo|audio|realtime|transcribe|moderation|davinci|babbage|ocr|sora|aqa|rerank/i;

export interface ProviderModelsQuery {
  readonly provider: RemoteProvider;
  readonly baseUrl?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly dispatcher: Dispatcher;
  /** For the whole call. Default 3000. */
  readonly timeoutMs?: number | undefined;
}

/** `models`: chat models only, the provider's documented default first where it is among them. */
export type ProviderModels =
  | { readonly ok: true; readonly models: readonly string[] }
  | { readonly ok: false; readonly error: string };

/** Never throws; what goes wrong is one sentence without the key. */
export async function listProviderModels(query: ProviderModelsQuery): Promise<ProviderModels> {
  const { provider, apiKey, timeoutMs = 3_000 } = query;
  const facts = remoteProviders[provider];
  const upstream = { provider, apiKey };
  const baseUrl = query.baseUrl ?? facts.baseUrl;
  if (baseUrl === undefined) return { ok: false, error: `The provider ${provider} needs a base URL` };
  const signal = AbortSignal.timeout(timeoutMs);
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'colloquy' };
  try {
    let address: { origin: string; path: string };
    if (facts.wire === 'anthropic') {
      address = upstreamAddress(withVersion1(baseUrl), '/models?limit=1000');
      headers['anthropic-version'] = anthropicVersion;
      if (apiKey !== undefined) headers['x-api-key'] = apiKey;
    } else {
      address = upstreamAddress(baseUrl, '/models');
      if (apiKey !== undefined) headers.authorization = `Bearer ${apiKey}`;
    }
    const response = await request(`${address.origin}${address.path}`, {
      dispatcher: query.dispatcher,
      headers,
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
      return { ok: false, error: `The provider ${provider} answered with no list of models` };
    return { ok: true, models: withDefaultFirst(names, facts.defaultModel) };
  } catch (error) {
    if (signal.aborted)
      return { ok: false, error: `The provider ${provider} named no models within ${timeoutMs} ms` };
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

/** `{data: [{id}]}`; Google prefixes its names with `models/`, Mistral says what a model can. */
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
