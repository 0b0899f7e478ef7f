/** The back end of the page: it knows who is visiting, keeps the key, and gets a token for each visitor. */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const {
  COLLOQUY_URL = 'http://127.0.0.1:8080',
  COLLOQUY_KEY,
  HOST = '127.0.0.1',
  PORT = '3000',
} = process.env;
if (!COLLOQUY_KEY) {
  console.error('COLLOQUY_KEY is missing: COLLOQUY_KEY=$(cat ../../data/first-key) npm start');
  process.exit(1);
}

const bundle = await build({
  entryPoints: [fileURLToPath(new URL('page.js', import.meta.url))],
  bundle: true,
  format: 'esm',
  write: false,
  define: { COLLOQUY_URL: JSON.stringify(COLLOQUY_URL) },
  // In this repository the client is bundled from its sources. With the package from npm, leave this line out.
  conditions: ['colloquy:source'],
});

const files = {
  '/': { type: 'text/html; charset=utf-8', body: await readFile(new URL('index.html', import.meta.url)) },
  '/page.js': { type: 'text/javascript; charset=utf-8', body: bundle.outputFiles[0].contents },
};

/** Who is visiting. A site with accounts takes the id of the account; this one gives each browser an id of its own. */
function visitorOf(request, response) {
  const [, known] = /(?:^|; )visitor=([\w-]{36})/.exec(request.headers.cookie ?? '') ?? [];
  if (known !== undefined) return known;
  const id = randomUUID();
  response.setHeader('Set-Cookie', `visitor=${id}; HttpOnly; SameSite=Lax; Path=/; Max-Age=31536000`);
  return id;
}

async function sendToken(request, response) {
  const answer = await fetch(`${COLLOQUY_URL}/api/chat/get_token`, {
    method: 'POST',
    headers: { 'X-API-Key': COLLOQUY_KEY, 'Content-Type': 'application/json' },
    body: JSON.stringify({ user_id: visitorOf(request, response) }),
  });
  response.writeHead(answer.status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(await answer.text());
}

const server = createServer((request, response) => {
  const file = request.method === 'GET' ? files[request.url] : undefined;
  if (file !== undefined) {
    response.writeHead(200, { 'Content-Type': file.type }).end(file.body);
  } else if (request.method === 'POST' && request.url === '/api/chat-token') {
    sendToken(request, response).catch((error) => {
      console.error(error.message);
      response
        .writeHead(502, { 'Content-Type': 'application/json' })
        .end('{"error":"Colloquy can not be reached"}');
    });
  } else {
    response.writeHead(404).end();
  }
});
server.listen(Number(PORT), HOST, () => console.log(`Web chat: http://${HOST}:${server.address().port}`));
