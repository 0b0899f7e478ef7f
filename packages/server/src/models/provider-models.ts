/** Asks a provider which models it offers. */
import type { Dispatcher } from 'undici';
import type { Preset } from '../domain/model.ts';
import { parseForeignJson } from '../domain/text/json.ts';
import { explainRefusal } from '../network/connection-failure.ts';
import { bestFirst } from './discovery/best-first.ts';
import { type ListedModel, readModelList } from './discovery/model-list.ts';
import { ModelError } from './model-error.ts';
import type { RemoteProviderModule } from './providers/provider.ts';
import { endpointsOf, remoteModule } from './providers/registry.ts';
import { findFailure } from './upstream/error-words.ts';
import { type GotText, getText } from './upstream/get-text.ts';
import { mergeHeaders, upstreamOf } from './upstream/remote-model.ts';
import {
  errorFromFields,
  errorFromTransport,
  errorFromUnexpectedBody,
  isObject,
  type Upstream,
} from './upstream/upstream-error.ts';

const longestListBytes = 4 << 20;

export interface ProviderModelsQuery {
  readonly provider: RemoteProviderModule['name'];
  readonly preset?: Preset | null | undefined;
  /** Absent: the provider's own. */
  readonly baseUrl?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly dispatcher: Dispatcher;
  /** The bound on the whole call, in milliseconds. Default 3000. */
  readonly timeoutMs?: number | undefined;
}

/** `models` holds chat models only, the best default first. */
export type ProviderModels =
  | { readonly ok: true; readonly models: readonly ListedModel[] }
  | {
      readonly ok: false;
      readonly error: string;
      /** The HTTP status of the answer; undefined where there was none. */
      readonly status?: number;
    };

/** Never throws. What goes wrong is described by a text that does not hold the key. */
export async function listProviderModels(query: ProviderModelsQuery): Promise<ProviderModels> {
  const { provider, apiKey, timeoutMs = 3_000 } = query;
  const facts = remoteModule(provider, query.preset);
  const upstream = upstreamOf(query);
  const baseUrl = query.baseUrl ?? facts.baseUrl;
  if (baseUrl === undefined) return { ok: false, error: `base_url: the provider ${provider} needs one` };
  const signal = AbortSignal.timeout(timeoutMs);
  const endpoints = endpointsOf(facts);
  const headers = mergeHeaders(
    {
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'colloquy',
      ...endpoints.headers(apiKey),
    },
    query.headers,
  );
  try {
    const answer = await getText({
      ...upstream,
      ...endpoints.models({ baseUrl, query: query.query }),
      headers: Object.entries(headers).flat(),
      dispatcher: query.dispatcher,
      signal,
      maxBytes: longestListBytes,
    });
    const models = readModelList(answer.text);
    if (models === undefined) return { ok: false, error: reasonOfNoList(upstream, answer), status: 200 };
    return { ok: true, models: bestFirst(models, facts.defaultModel) };
  } catch (error) {
    if (signal.aborted)
      return { ok: false, error: `the provider ${provider} named no models within ${timeoutMs} ms` };
    const failure = error instanceof ModelError ? error : errorFromTransport(upstream, error);
    return {
      ok: false,
      error: explainRefusal(failure, 'base_url') ?? failure.message,
      ...(failure.status !== undefined && { status: failure.status }),
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

/** Undefined where the text is no JSON. */
function parseJson(text: string): unknown {
  try {
    return parseForeignJson(text);
  } catch {
    return undefined;
  }
}
