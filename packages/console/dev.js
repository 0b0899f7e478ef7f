/**
 * `npm run console`: the console from its sources, made anew after each change, in front of a running server. It sends
 * the console's files itself and passes every other request on, so that sign-in, cookies and streams are the real ones.
 *
 *   npm start                 # in one terminal
 *   npm run console           # in another one: http://localhost:8081/console
 *
 * COLLOQUY_URL is the server (http://127.0.0.1:8080), CONSOLE_PORT the port here (8081).
 */
import { createServer, request } from 'node:http';
import process from 'node:process';
import { URL } from 'node:url';
import { context } from 'esbuild';
import { buildOptions, filesOf } from './bundle.js';

const server = new URL(process.env.COLLOQUY_URL ?? 'http://127.0.0.1:8080');
const port = Number(process.env.CONSOLE_PORT ?? 8081);

/** @type {Map<string, Uint8Array>} */
let files = new Map();
/** What to show in place of the page; empty: nothing is wrong. */
let problem = '';
/** @type {Set<import('node:http').ServerResponse>} */
const listeners = new Set();

const types = new Map([
  ['js', 'text/javascript'],
  ['css', 'text/css'],
  ['html', 'text/html'],
]);
const reload = "new EventSource('/console/changes').onmessage = () => location.reload();\n";

const builder = await context({
  ...buildOptions({ isMinified: false }),
  logLevel: 'warning',
  plugins: [
    ...(buildOptions({ isMinified: false }).plugins ?? []),
    {
      name: 'changes',
      setup(build) {
        build.onEnd((result) => {
          problem = result.errors.map(({ text, location }) => `${location?.file}: ${text}`).join('\n');
          if (problem === '') files = filesOf(result);
          for (const listener of listeners) listener.write('data: made\n\n');
        });
      },
    },
  ],
});
await builder.watch();

createServer((asked, answer) => {
  const path = new URL(asked.url ?? '/', 'http://console').pathname;
  if (path === '/console/changes') {
    answer.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    answer.write(': listening\n\n');
    listeners.add(answer);
    answer.on('close', () => listeners.delete(answer));
  } else if (path === '/console/assets/reload.js') send(answer, 'js', reload);
  else if (path.startsWith('/console/assets/')) {
    const bytes = files.get(path.slice('/console/'.length));
    if (bytes === undefined) answer.writeHead(404).end();
    else send(answer, path.split('.').at(-1) ?? '', bytes);
  } else if (path === '/console' || path.startsWith('/console/')) {
    const page = new TextDecoder().decode(files.get('index.html')).replaceAll('{base-path}', '');
    const script = '<script src="/console/assets/reload.js"></script>';
    send(
      answer,
      'html',
      problem === '' ? page.replace('</body>', `${script}</body>`) : `<pre>${problem}</pre>${script}`,
    );
  } else pass(asked, answer);
}).listen(port, '127.0.0.1', () => {
  console.log(`The console: http://localhost:${port}/console, in front of ${server.href}`);
});

/** @param {import('node:http').ServerResponse} answer @param {string} ending @param {string | Uint8Array} body */
function send(answer, ending, body) {
  const type = `${types.get(ending) ?? 'application/octet-stream'}; charset=utf-8`;
  answer.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
}

/** @param {import('node:http').IncomingMessage} asked @param {import('node:http').ServerResponse} answer */
function pass(asked, answer) {
  const { method, url, headers } = asked;
  const passed = request(new URL(url ?? '/', server), { method, headers }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(answer);
  });
  passed.on('error', (error) => {
    if (answer.headersSent) answer.destroy();
    else answer.writeHead(502, { 'Content-Type': 'text/plain' }).end(`${server.href}: ${error.message}\n`);
  });
  answer.on('close', () => passed.destroy());
  asked.pipe(passed);
}
