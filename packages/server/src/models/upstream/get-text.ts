/** A GET from a provider, such as for its list of models: bounded, decoded, and redirected like a call of a model. */
import { type Dispatcher, request } from 'undici';
import type { AttemptRequest } from './attempt.ts';
import { readDecoded } from './body/content-decoder.ts';
import { mostRedirects, redirectTarget } from './redirect.ts';
import {
  errorFromEndlessRedirects,
  errorFromRedirect,
  errorFromStatus,
  errorFromTransport,
} from './upstream-error.ts';

export interface GetRequest extends AttemptRequest {
  readonly signal: AbortSignal;
  /** What is longer is cut there. */
  readonly maxBytes: number;
}

export interface GotText {
  readonly contentType: string;
  readonly text: string;
}

/** The body of an answer with status 2xx. @throws ModelError for every other outcome; the signal's reason */
export async function getText(get: GetRequest): Promise<GotText> {
  let { path } = get;
  for (let followed = 0; followed <= mostRedirects; followed += 1) {
    const response = await getOnce(get, path);
    const { statusCode: status, headers, body } = response;
    const target = status >= 300 && status < 400 ? redirectTarget({ ...get, path }, headers) : undefined;
    if (target === undefined || !target.isFollowed(status)) {
      const text = await readText(get, response);
      if (target !== undefined) throw errorFromRedirect(get, status, target.url);
      if (status < 200 || status >= 300) throw errorFromStatus(get, status, headers, text);
      return { contentType: String(headers['content-type'] ?? '').toLowerCase(), text };
    }
    body.on('error', () => undefined).destroy();
    path = `${target.url.pathname}${target.url.search}`;
  }
  throw errorFromEndlessRedirects(get, mostRedirects);
}

async function getOnce(get: GetRequest, path: string): Promise<Dispatcher.ResponseData> {
  const { origin, dispatcher, headers, signal } = get;
  try {
    return await request(`${origin}${path}`, { dispatcher, headers: headers as string[], signal });
  } catch (error) {
    signal.throwIfAborted();
    throw errorFromTransport(get, error);
  }
}

async function readText(get: GetRequest, { headers, body }: Dispatcher.ResponseData): Promise<string> {
  try {
    const bytes = await readDecoded(body, headers['content-encoding'], get.maxBytes);
    get.signal.throwIfAborted();
    return bytes.toString('utf8').trim();
  } catch (error) {
    get.signal.throwIfAborted();
    throw errorFromTransport(get, error);
  }
}
