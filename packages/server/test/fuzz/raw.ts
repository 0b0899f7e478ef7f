/**
 * Requests that no HTTP client sends: their bytes are made up line by line. The server answers each with a status below
 * 500 and the headers of every answer, or closes the connection.
 */
import { connect } from 'node:net';
import fc from 'fast-check';
import { seldom, weighted } from './choices.ts';

/** The bytes of one connection; each character is one. */
export type RawRequest = string;

const methods = fc.constantFrom(
  'GET',
  'POST',
  'HEAD',
  'DELETE',
  'get',
  'G\0T',
  '',
  'CONNECT',
  'PRI',
  'GET ',
  'QUERY',
  'OPTIONS',
);
const targets = fc.constantFrom(
  ...[
    '/chats/',
    '/api/conversation/list',
    '/healthz',
    '*',
    '//',
    '/\0',
    '/a b',
    '/%',
    '/chats/%ff',
    '/?\u00ff',
  ],
  ...[
    'http://evil.example/chats/',
    'evil.example:443',
    '',
    '/../../etc/passwd',
    '/#x',
    `/${'a'.repeat(20_000)}`,
  ],
  ...['/healthz/stream?count=1', '/metrics', '/docs/openapi.json', '/api/admin/organizations?limit=1'],
);
const versions = fc.constantFrom(
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/0.9',
  'HTTP/2.0',
  'HTTP/9.9',
  '',
  'HTTP/1.1 x',
  'http/1.1',
);
const usualLines = fc.constantFrom(
  ...['Host: localhost', 'Content-Length: 0', 'Content-Length: 2', 'Content-Length: 5', 'Connection: close'],
  ...[
    'Transfer-Encoding: chunked',
    'Connection: upgrade',
    'Upgrade: websocket',
    'Upgrade: h2c',
    'TE: trailers',
  ],
  ...['Expect: 100-continue', 'Content-Type: application/json', 'Accept: text/event-stream', 'X-API-Key: x'],
);
const lines = fc.constantFrom(
  ...['Host: localhost', 'Host: localhost', 'Host: localhost', 'Host:', 'Host: a, b', 'Host: \u00ff'],
  ...[
    'Content-Length: 0',
    'Content-Length: 5',
    'Content-Length: -1',
    'Content-Length: 5, 5',
    'Content-Length: 1e3',
  ],
  ...[
    'Content-Length: 99999999999999999999',
    'Content-Length: +5',
    'Content-Length: 0x5',
    'Content-Length : 5',
  ],
  ...['Transfer-Encoding: chunked', 'Transfer-Encoding: gzip, chunked', 'Transfer-Encoding: identity'],
  ...['Transfer-Encoding: chunked, chunked', 'Transfer-Encoding: \u000bchunked', 'Transfer-Encoding: x'],
  ...[
    'Connection: close',
    'Connection: upgrade',
    'Upgrade: websocket',
    'Upgrade: h2c',
    'Expect: 100-continue',
  ],
  ...[
    'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
    'Content-Type: application/json',
    'Accept: text/event-stream',
  ],
  ...[
    'X-API-Key: x',
    'X-API-Key: x\0',
    'Authorization: Bearer',
    'Authorization: ',
    ': no name',
    'no colon',
    ' folded: x',
  ],
  ...[
    'X:\tx',
    'X: a\rb',
    'X: \u0007',
    `X: ${'a'.repeat(17_000)}`,
    'Trailer: Host',
    'TE: trailers',
    'Te\u00e4: x',
  ],
);
const ends = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r', '\r\r\n', '\0\r\n');
const bodies = fc.constantFrom(
  ...[
    '',
    '',
    '{}',
    'hello',
    '5\r\nhello\r\n0\r\n\r\n',
    '0\r\n\r\n',
    '-1\r\n',
    'ffffffffffffffff\r\nx',
    '5;ext=\0\r\nhello\r\n',
  ],
  ...[
    '5\r\nhello\r\n0\r\nHost: evil\r\n\r\n',
    'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n',
    '5\nhello\n0\n\n',
  ],
);

export const rawRequests: fc.Arbitrary<RawRequest> = weighted<RawRequest>(
  [
    20,
    fc
      .record({
        method: seldom('GET', methods, 3),
        target: seldom('/healthz', targets, 2),
        version: seldom('HTTP/1.1', versions),
        host: seldom('Host: localhost', lines),
        fields: fc.array(weighted([6, usualLines], [1, lines]), { maxLength: 4 }),
        end: seldom('\r\n', ends),
        body: bodies,
      })
      .map(({ method, target, version, host, fields, end, body }) =>
        [`${method} ${target} ${version}`, host, ...fields, '', body].join(end),
      ),
  ],
  [
    1,
    fc.constantFrom(
      '\r\n\r\n',
      '\0',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    ),
  ],
  [1, fc.string({ unit: 'binary-ascii', maxLength: 200 })],
);

/** A connection on which nothing comes any more is left; whether an answer is due, nobody knows. */
const quietMs = 300;

/** Sends it, and gives all that the server says until it closes the connection, or is quiet. */
export function sendRaw(url: string, bytes: RawRequest): Promise<string> {
  const { hostname, port } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(Number(port), hostname);
  let said = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk) => {
    said += chunk;
  });
  socket.on('error', () => undefined);
  socket.on('close', () => resolve(said));
  socket.setTimeout(quietMs, () => socket.destroy());
  socket.end(bytes, 'latin1');
  return promise;
}

const everyAnswer = ['x-request-id', 'cache-control', 'x-content-type-options', 'colloquy-version'];

/** What is wrong with the first answer; further ones belong to what the server took for further requests. */
export function rawProblems(said: string): readonly string[] {
  if (said === '' || said.startsWith('HTTP/1.1 100 Continue\r\n')) return [];
  const [head = ''] = said.split('\r\n\r\n', 1);
  const [line = '', ...fields] = head.split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1]);
  if (Number.isNaN(status)) return [`the answer is no HTTP: ${said.slice(0, 100)}`];
  const names = new Set(fields.map((field) => field.split(':', 1)[0]?.toLowerCase()));
  return [
    ...(status >= 500 ? [`status ${status}`] : []),
    ...everyAnswer.filter((name) => !names.has(name)).map((name) => `status ${status} without ${name}`),
  ];
}
