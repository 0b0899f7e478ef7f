/** A site of another origin with the widget in its pages: a strict policy, a hostile stylesheet, and a token endpoint. */
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { findFreePort } from 'colloquy-testkit/free-port';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { type ChildServer, spawnServer } from 'colloquy-testkit/server-process';
import { administer, makeTenant } from 'colloquy-testkit/tenants';
import { type ScriptedUpstream, startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';

/** Unsets everything that a page can reach. */
const hostileStyles = `
  * { all: unset !important; }
  button { display: none !important; }
  html { font-size: 8px !important; }
  svg, textarea, h2, h3 { visibility: hidden !important; }
`;
const plainStyles = `
  html { color-scheme: light dark; font-family: sans-serif; }
  body { margin: 24px; max-width: 60em; }
  .box { block-size: 560px; }
`;

/** What the token endpoint answers: a status, or the token. */
export type TokenAnswer = 'token' | { readonly status: number; readonly headers?: Record<string, string> };

export interface Site extends AsyncDisposable {
  /** Of the site. */
  readonly url: string;
  /** Of the Colloquy server. */
  readonly server: string;
  readonly upstream: ScriptedUpstream;
  readonly testKey: string;
  /** How often a token was asked for. */
  tokens: number;
  tokenAnswer: TokenAnswer;
  /** The address of a page with this body. Scripts of pages are files: the policy allows no others. */
  page(body: string, options?: PageOptions): string;
  /** Kills the server (SIGKILL); resolves with a function that starts it again at the same address. */
  kill(): Promise<() => Promise<void>>;
}

export interface PageOptions {
  readonly isHostile?: boolean;
  readonly language?: string;
  /** A classic script of the page's own. */
  readonly script?: string;
}

export async function startSite(environment: Record<string, string> = {}): Promise<Site> {
  const place = await emptyPlace('sqlite');
  await using cleanup = new AsyncDisposableStack();
  cleanup.defer(() => rm(place.dataDir, { recursive: true, force: true }));
  const upstream = cleanup.use(await startScriptedUpstream());
  const settings = serverEnvironment(place, { PORT: String(await findFreePort()), ...environment });
  let child: ChildServer = await spawnServer(settings);
  cleanup.defer(() => child[Symbol.asyncDispose]());
  const { prodKey, testKey, organizationId, modelId } = await makeTenant(child.url, upstream);
  const model = `/organizations/${organizationId}/models/${modelId}`;
  await administer(child.url, 'PATCH', model, { can_continue: true });
  const { url: server } = child;

  const policy = [
    "default-src 'none'",
    `script-src 'self' ${server}`,
    "style-src 'self'",
    `connect-src 'self' ${server}`,
    "img-src 'self' data:",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  const files = new Map<string, { readonly type: string; readonly body: string }>([
    ['/hostile.css', { type: 'text/css', body: hostileStyles }],
    ['/plain.css', { type: 'text/css', body: plainStyles }],
  ]);
  const site = { tokens: 0, tokenAnswer: 'token' as TokenAnswer };

  async function giveToken(request: IncomingMessage, response: ServerResponse): Promise<void> {
    site.tokens += 1;
    if (site.tokenAnswer !== 'token') {
      response.writeHead(site.tokenAnswer.status, site.tokenAnswer.headers).end('{"error":"no"}');
      return;
    }
    const visitor = /visitor=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? 'guest';
    const answer = await fetch(`${server}/api/chat/get_token`, {
      method: 'POST',
      headers: { 'X-API-Key': prodKey, 'Content-Type': 'application/json' },
      body: JSON.stringify({ user_id: visitor }),
    });
    response.writeHead(answer.status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    response.end(await answer.text());
  }
  const http = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    const file = files.get(pathname);
    if (pathname === '/chat-token' && request.method === 'POST') void giveToken(request, response);
    else if (file === undefined) response.writeHead(404).end();
    else {
      const headers = { 'Content-Type': `${file.type}; charset=utf-8`, 'Content-Security-Policy': policy };
      response.writeHead(200, headers).end(file.body);
    }
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  cleanup.defer(() => http.closeAllConnections());
  const all = cleanup.move();
  return Object.assign(site, {
    url,
    server,
    upstream,
    testKey,
    page(body: string, { isHostile = false, language = 'en', script = '' }: PageOptions = {}) {
      const name = `/page-${files.size}`;
      files.set(`${name}.js`, { type: 'text/javascript', body: script });
      files.set(`${name}.html`, {
        type: 'text/html',
        body: `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>A site</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/${isHostile ? 'hostile' : 'plain'}.css"><script src="${name}.js"></script></head>
<body>${body.replaceAll('{server}', server)}</body></html>`,
      });
      return `${url}${name}.html`;
    },
    async kill() {
      child.signal('SIGKILL');
      await child.exited;
      return async () => {
        child = await spawnServer(settings);
      };
    },
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => http.close(resolve).closeAllConnections());
      await all.disposeAsync();
    },
  });
}
