/** Obeys robots.txt (RFC 9309), which is fetched once per origin for each call of the page reader. */

import type { ExtractionPool } from '../extraction/extraction-pool.ts';
import { readBody } from './body-reader.ts';
import { type GuardedGet, guardedGet, headerOf } from './guarded-get.ts';
import { PageSkippedError } from './page-skipped.ts';

export interface Robots {
  /** @throws PageSkippedError where the origin forbids the address; the signal's reason */
  admit(url: URL): Promise<void>;
}

export interface RobotsOptions extends Omit<GuardedGet, 'accept' | 'maxRedirects' | 'admit' | 'signal'> {
  readonly pool: ExtractionPool;
  readonly signal: AbortSignal;
  readonly owner?: string | undefined;
  /** The product token by which rules name us. */
  readonly agent: string;
  readonly timeoutMs: number;
}

/** RFC 9309 demands that at least 500 KiB are read. */
const maxBytes = 512 * 1024;

type Rules = 'everything' | 'nothing' | { readonly robotsUrl: string; readonly text: string };

export function createRobots(options: RobotsOptions): Robots {
  const rulesOf = new Map<string, Promise<Rules>>();
  return {
    async admit(url) {
      const rules = rulesOf.get(url.origin) ?? fetchRules(url.origin, options);
      rulesOf.set(url.origin, rules);
      if (!(await permits(await rules, url, options))) {
        throw new PageSkippedError('robots', `robots.txt of ${url.host} forbids it`);
      }
    },
  };
}

async function permits(rules: Rules, url: URL, options: RobotsOptions): Promise<boolean> {
  if (typeof rules === 'string') return rules === 'everything';
  const job = { ...rules, url: url.href, agent: options.agent };
  return options.pool.run({ kind: 'robots', job }, { signal: options.signal, owner: options.owner });
}

/**
 * Without a robots.txt (4xx), after too many redirects, or without an answer everything is allowed; an unreachable origin
 * does not serve its pages either. After a server error (5xx) nothing is allowed.
 */
async function fetchRules(origin: string, options: RobotsOptions): Promise<Rules> {
  const robotsUrl = `${origin}/robots.txt`;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  try {
    const response = await guardedGet(robotsUrl, {
      ...options,
      accept: 'text/plain',
      maxRedirects: 5,
      signal,
    });
    const { status, headers, body } = response;
    if (status >= 500) {
      body.on('error', () => {}).destroy();
      return 'nothing';
    }
    const { bytes } = await readBody(body, headerOf(headers, 'content-encoding'), { maxBytes });
    return status < 300 ? { robotsUrl, text: new TextDecoder().decode(bytes) } : 'everything';
  } catch {
    options.signal.throwIfAborted();
    return 'everything';
  }
}
