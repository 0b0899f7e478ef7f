/**
 * A small web on loopback over real HTTP: good pages, bad pages of every kind, and a search server in SearXNG's format.
 * Several can run at once on different addresses of 127.0.0.0/8, so that one may be allowed and another not.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import {
  article,
  copyPage,
  gardenPage,
  injectionPage,
  pdfOf,
  towerFact,
  towerPage,
  towerParagraphs,
} from './small-web-pages.ts';

export interface SmallWeb extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Every request so far, in the order of arrival. */
  readonly requests: readonly { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  /** Resolves as soon as a path has been asked for. */
  asked(path: string): Promise<void>;
}

type Page = (request: IncomingMessage, response: ServerResponse, url: URL) => void;

const html = (markup: string | Buffer, contentType = 'text/html; charset=utf-8'): Page =>
  send(markup, { 'content-type': contentType });

function send(body: string | Buffer, headers: Record<string, string>, status = 200): Page {
  return (_request, response) => void response.writeHead(status, headers).end(body);
}

const encoded = (encoding: string, body: Buffer): Page =>
  send(body, { 'content-type': 'text/html; charset=utf-8', 'content-encoding': encoding });

/** 64 MiB of blanks in 64 KiB. */
function bomb(): Buffer {
  return gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
}

const pages: Readonly<Record<string, Page>> = {
  '/robots.txt': send(
    'User-agent: *\nDisallow: /secret\n\nUser-agent: colloquy\nDisallow: /not-for-us\nDisallow: /secret\n',
    {
      'content-type': 'text/plain',
    },
  ),
  '/tower': html(towerPage),
  '/copy': html(copyPage),
  '/garden': html(gardenPage),
  '/injection': html(injectionPage),
  '/secret/page': html(towerPage),
  '/not-for-us': html(towerPage),
  '/empty': html('<html><head><title>Empty</title></head><body><script>render()</script></body></html>'),
  '/fragment': html(`<p>${towerParagraphs.join('</p><p>')}</p>`),
  '/deep': html(`${'<div>'.repeat(20_000)}${towerFact}`),
  '/plain.txt': send(`Notes on towers\n\n${towerParagraphs.join('\n\n')}`, { 'content-type': 'text/plain' }),
  '/paper.pdf': send(
    pdfOf('On the Vellmar tower', ['The tower of Vellmar stands on', 'sandstone of the Trias.']),
    {
      'content-type': 'application/pdf',
    },
  ),
  '/broken.pdf': send('%PDF-1.7\nthis is none', { 'content-type': 'application/pdf' }),
  '/binary': send(Buffer.from([0, 1, 2, 3, 255]), { 'content-type': 'application/octet-stream' }),
  /** A page that claims to be HTML but is not. */
  '/mislabelled': send(Buffer.from('\x7fELF\x02\x01\x01\0\0\0 tower', 'latin1'), {
    'content-type': 'text/html',
  }),
  '/image': send(Buffer.from('GIF89a'), { 'content-type': 'image/gif' }),
  '/error': send(
    '<p>Something went wrong with a long text about the tower.</p>',
    { 'content-type': 'text/html' },
    500,
  ),
  '/loop': send('', { location: '/loop' }, 302),
  '/hop': (_request, response, url) => {
    const left = Number(url.searchParams.get('left'));
    response.writeHead(301, { location: left > 0 ? `/hop?left=${left - 1}` : '/tower' }).end('moved');
  },
  /** Redirects to whatever it is told. */
  '/to': (_request, response, url) =>
    void response.writeHead(307, { location: url.searchParams.get('url') ?? '/' }).end(),
  /** A page that claims UTF-8 but is windows-1252. */
  '/wrong-charset': html(
    Buffer.from(article('Caf\xe9', ['Der Turm steht in K\xf6ln und hei\xdft Gro\xdfer Turm.']), 'latin1'),
  ),
  /** A page that claims ISO-8859-1 but is UTF-8. */
  '/wrong-latin': html(
    article('Café', ['Der Turm steht in Köln und heißt Großer Turm.']),
    'text/html; charset=iso-8859-1',
  ),
  /** A page with "tower" in Shift_JIS, which only its own `meta` element declares. */
  '/shift-jis': html(
    Buffer.concat([
      Buffer.from('<html><head><meta charset="Shift_JIS"></head><body><p>'),
      Buffer.from([0x93, 0x83]),
      Buffer.from('</p></body></html>'),
    ]),
    'text/html',
  ),
  '/gzip': encoded('gzip', gzipSync(towerPage)),
  '/br': encoded('br', brotliCompressSync(towerPage)),
  '/deflate': encoded('deflate', deflateSync(towerPage)),
  '/broken-gzip': encoded('gzip', Buffer.from('this is no gzip')),
  '/strange-encoding': encoded('compress', Buffer.from('xx')),
  '/bomb': (request, response, url) => encoded('gzip', bomb())(request, response, url),
  /** A page that never answers. */
  '/silent': () => {},
  /** A page that sends its headers and its beginning, and never ends. */
  '/slow': (_request, response) =>
    void response.writeHead(200, { 'content-type': 'text/html' }).write('<html><body><p>The tower is'),
  /** A page that begins with the fact and continues until the client breaks off. */
  '/huge': (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.write(`<html><head><title>Huge</title></head><body><p>${towerFact}</p>`);
    const paragraph = `<p>${'Many words that say nothing at all. '.repeat(2_000)}</p>`;
    const more = () => {
      while (!response.destroyed && response.write(paragraph));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  },
};

export function startSmallWeb(options: { readonly host?: string } = {}): Promise<SmallWeb> {
  return serve(options.host ?? '127.0.0.1', (request, response) => {
    const url = new URL(request.url ?? '/', 'http://small-web.invalid');
    const page = Object.hasOwn(pages, url.pathname) ? pages[url.pathname] : undefined;
    if (page === undefined) response.writeHead(404, { 'content-type': 'text/html' }).end('<p>Not here</p>');
    else page(request, response, url);
  });
}

export interface SearxngResult {
  readonly url: string;
  readonly title: string;
  readonly content: string;
}

/** Starts a server that answers `/search?format=json`; a number is a status to answer with, without results. */
export function startSearchServer(
  answer: (query: string) => readonly SearxngResult[] | number,
  options: { readonly host?: string } = {},
): Promise<SmallWeb> {
  return serve(options.host ?? '127.0.0.1', (request, response) => {
    const url = new URL(request.url ?? '/', 'http://small-web.invalid');
    const query = url.searchParams.get('q') ?? '';
    const isSearch = url.pathname === '/search' && url.searchParams.get('format') === 'json';
    const results = isSearch ? answer(query) : 404;
    if (typeof results === 'number') response.writeHead(results).end('no');
    else
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ query, results }));
  });
}

export async function serve(host: string, listener: RequestListener): Promise<SmallWeb> {
  const requests: { path: string; headers: IncomingMessage['headers'] }[] = [];
  const waiting = new Map<string, PromiseWithResolvers<void>>();
  const askedFor = (path: string) => {
    const entry = waiting.get(path) ?? Promise.withResolvers<void>();
    waiting.set(path, entry);
    return entry;
  };
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.push({ path, headers: request.headers });
    response.on('error', () => {});
    listener(request, response);
    askedFor(path).resolve();
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    port,
    requests,
    asked: (path) => askedFor(path).promise,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
