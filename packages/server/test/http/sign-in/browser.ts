/** A browser as the console's sign-in sees one: it keeps cookies, and says where its requests come from. */
import assert from 'node:assert/strict';
import { makeLink, type NewLink } from '../../../src/auth/accounts/links.ts';
import type { Store } from '../../../src/store/store.ts';

export interface BrowserAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into by tests, field by field.
  readonly body: any;
  readonly headers: Headers;
  /** The lines of `Set-Cookie`. */
  readonly cookies: readonly string[];
}

/** Headers of a request; null takes away what the browser would send. */
export type BrowserHeaders = Readonly<Record<string, string | null>>;

export class Browser {
  readonly url: string;
  readonly cookies = new Map<string, string>();
  #headers: BrowserHeaders;

  constructor(url: string, headers: BrowserHeaders = {}) {
    this.url = url;
    this.#headers = headers;
  }

  /** A call below `/api/console`, as a page of the server makes it. */
  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: BrowserHeaders = {},
  ): Promise<BrowserAnswer> {
    const sent: BrowserHeaders = {
      'sec-fetch-site': 'same-origin',
      ...(method !== 'GET' && { origin: new URL(this.url).origin, 'content-type': 'application/json' }),
      ...(this.cookies.size > 0 && {
        cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      }),
      ...this.#headers,
      ...headers,
    };
    const response = await fetch(`${this.url}/api/console${path}`, {
      method,
      redirect: 'manual',
      headers: Object.fromEntries(
        Object.entries(sent).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
      ),
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const cookies = response.headers.getSetCookie();
    for (const cookie of cookies) this.#keep(cookie);
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    return {
      status: response.status,
      body: isJson ? JSON.parse(text) : text,
      headers: response.headers,
      cookies,
    };
  }

  /** The body of a call that has to succeed. */
  async must(method: string, path: string, body?: unknown): Promise<BrowserAnswer['body']> {
    const answer = await this.call(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** What the browser bears. */
  get secret(): string | undefined {
    return this.cookies.get('colloquy') ?? this.cookies.get('__Host-colloquy');
  }

  #keep(cookie: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
    if (/; Max-Age=0(?:;|$)/.test(cookie)) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

export const password = 'correct horse battery staple';

/** The token of a new link. */
export async function linkToken(
  store: Store,
  link: Partial<NewLink> & Pick<NewLink, 'purpose'>,
): Promise<string> {
  const whole = { email: null, organizationId: null, role: null, ...link };
  return (await makeLink(store, whole, Date.now())).token;
}

/** Makes the first account, which is an operator and owner of the organization `default`. */
export async function setUp(
  browser: Browser,
  store: Store,
  email = 'ada@example.com',
): Promise<BrowserAnswer['body']> {
  const token = await linkToken(store, { purpose: 'setup' });
  return await browser.must('POST', '/setup', { token, name: 'Ada', email, password });
}
