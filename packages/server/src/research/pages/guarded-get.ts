/** A GET that follows redirects itself, so that each address is checked before a request is sent to it. */
import { type Dispatcher, request } from 'undici';
import { explainConnectionFailure, findRefusal } from '../../network/connection-failure.ts';
import { acceptedEncodings } from './body-reader.ts';
import { PageSkippedError } from './page-skipped.ts';

export interface GuardedGet {
  /** An agent of `createGuardedAgent`, which refuses addresses when it connects. */
  readonly dispatcher: Dispatcher;
  readonly userAgent: string;
  readonly accept: string;
  /** How many redirects are followed. */
  readonly maxRedirects: number;
  readonly signal: AbortSignal;
  /** Called before each request, also before those to redirects; refuses by throwing. */
  readonly admit?: (url: URL) => Promise<void>;
}

export interface GuardedResponse {
  /** The address after redirects. */
  readonly url: URL;
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  /** The caller must read or destroy it. */
  readonly body: Dispatcher.ResponseData['body'];
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** @throws PageSkippedError; the signal's reason */
export async function guardedGet(address: string | URL, options: GuardedGet): Promise<GuardedResponse> {
  let url = toPageUrl(address);
  for (let followed = 0; ; followed++) {
    await options.admit?.(url);
    const response = await getOnce(url, options);
    const location = redirects.has(response.status) ? headerOf(response.headers, 'location') : undefined;
    if (location === undefined) return response;
    response.body.on('error', () => {}).destroy();
    if (followed >= options.maxRedirects) {
      throw new PageSkippedError('redirects', `more than ${options.maxRedirects} redirects`);
    }
    url = toPageUrl(location, url);
  }
}

async function getOnce(url: URL, options: GuardedGet): Promise<GuardedResponse> {
  try {
    const { statusCode, headers, body } = await request(url, {
      dispatcher: options.dispatcher,
      headers: {
        'user-agent': options.userAgent,
        accept: options.accept,
        'accept-encoding': acceptedEncodings,
      },
      signal: options.signal,
    });
    return { url, status: statusCode, headers, body };
  } catch (error) {
    options.signal.throwIfAborted();
    const refusal = findRefusal(error);
    if (refusal !== undefined) throw new PageSkippedError('address', refusal.message, { cause: error });
    const message = error instanceof Error ? error.message : String(error);
    const reason = explainConnectionFailure(error)?.reason;
    throw new PageSkippedError('network', reason === undefined ? message : `${message}: ${reason}`, {
      cause: error,
    });
  }
}

/** Checks an address. Its credentials and fragment are removed, so they are never sent. */
function toPageUrl(address: string | URL, base?: URL): URL {
  if (!URL.canParse(String(address), base)) throw new PageSkippedError('address', 'it is not an address');
  const url = new URL(address, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new PageSkippedError('address', `${url.protocol} is not http or https`);
  }
  if (url.href.length > 2_000) throw new PageSkippedError('address', 'longer than 2000 characters');
  url.username = '';
  url.password = '';
  url.hash = '';
  return url;
}

export function headerOf(headers: GuardedResponse['headers'], name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
