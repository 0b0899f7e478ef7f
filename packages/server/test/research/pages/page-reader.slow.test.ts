/** Reads pages of every kind over real HTTP: which are read, and which are skipped for what reason. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serve, startSmallWeb } from 'colloquy-testkit/web/small-web';
import { towerFact } from 'colloquy-testkit/web/small-web-pages';
import { createAddressGuard } from '../../../src/network/address-guard.ts';
import { createGuardedAgent } from '../../../src/network/guarded-agent.ts';
import { createExtractionPool } from '../../../src/research/extraction/extraction-pool.ts';
import {
  createPageReader,
  type PageLimits,
  type PageOutcome,
} from '../../../src/research/pages/page-reader.ts';

const web = await startSmallWeb();
const pool = createExtractionPool({ timeoutMs: 60_000 });
const agent = createGuardedAgent({
  guard: createAddressGuard({ allowedNetworks: ['127.0.0.1/32'] }),
  connectMs: 2_000,
});
after(async () => {
  await agent.destroy();
  await pool[Symbol.asyncDispose]();
  await web[Symbol.asyncDispose]();
});

function readerWith(limits: Partial<PageLimits> = {}) {
  // The time limit is long, so that no readable page is late on a slow machine.
  const patient = { pageTimeoutMs: 60_000, robotsTimeoutMs: 30_000, ...limits };
  return createPageReader({ dispatcher: agent, pool, userAgent: 'Colloquy/0.1 (test)', limits: patient });
}

async function read(path: string, limits?: Partial<PageLimits>): Promise<PageOutcome> {
  const urls = [path.includes('://') ? path : `${web.url}${path}`];
  const [outcome] = await readerWith(limits).read(urls, { signal: new AbortController().signal });
  assert.ok(outcome);
  return outcome;
}

async function textOf(path: string, limits?: Partial<PageLimits>): Promise<string> {
  const { page, skipped } = await read(path, limits);
  assert.ok(page, `${path}: ${skipped?.reason} ${skipped?.message}`);
  return page.text;
}

test('of an article the title and the text are read, without what stands around it', async () => {
  const { page } = await read('/tower');
  assert.equal(page?.title, 'The Vellmar tower');
  assert.equal(page?.url, `${web.url}/tower`);
  assert.match(page?.text ?? '', new RegExp(towerFact));
  assert.equal(page?.text.split('\n').filter((line) => line.startsWith('Since 1921')).length, 1);
  assert.doesNotMatch(page?.text ?? '', /About us|Imprint|<p>/);
});

test('each compression that is offered is understood', async () => {
  for (const path of ['/gzip', '/br', '/deflate'])
    assert.match(await textOf(path), new RegExp(towerFact), path);
});

test('plain text, PDF, fragments and deep nesting are read', async () => {
  assert.match(await textOf('/plain.txt'), new RegExp(towerFact));
  assert.match(await textOf('/fragment'), new RegExp(towerFact));
  assert.match(await textOf('/deep'), new RegExp(towerFact));
  const { page } = await read('/paper.pdf');
  assert.equal(page?.title, 'On the Vellmar tower');
  assert.equal(page?.text, 'The tower of Vellmar stands on sandstone of the Trias.');
});

test('a charset that is wrong, or said only by the page, makes no broken letters', async () => {
  const sentence = /Der Turm steht in Köln und heißt Großer Turm\./;
  assert.match(await textOf('/wrong-charset'), sentence);
  assert.match(await textOf('/wrong-latin'), sentence);
  assert.equal(await textOf('/shift-jis'), '塔');
});

test('nothing that a reader of the page would not see is read', async () => {
  const text = await textOf('/injection');
  assert.doesNotMatch(text, /HIDDEN/);
  assert.doesNotMatch(text, /[\u{e0000}-\u{e007f}]/u);
  assert.match(text, /IGNORE ALL PREVIOUS INSTRUCTIONS/);
});

const skipped: readonly (readonly [string, string])[] = [
  ['/binary', 'content-type'],
  ['/image', 'content-type'],
  ['/mislabelled', 'unreadable'],
  ['/error', 'status'],
  ['/nowhere', 'status'],
  ['/loop', 'redirects'],
  ['/hop?left=5', 'redirects'],
  ['/bomb', 'encoding'],
  ['/broken-gzip', 'encoding'],
  ['/strange-encoding', 'encoding'],
  ['/broken.pdf', 'unreadable'],
  ['/empty', 'unreadable'],
  ['/secret/page', 'robots'],
  ['/not-for-us', 'robots'],
  ['/to?url=/secret/page', 'robots'],
  ['/to?url=http%3A%2F%2F127.0.0.2%2F', 'address'],
  ['/to?url=file%3A%2F%2F%2Fetc%2Fpasswd', 'address'],
];
for (const [path, reason] of skipped) {
  test(`${path} is skipped: ${reason}`, async () => {
    assert.equal((await read(path)).skipped?.reason, reason);
  });
}

test('credentials and fragment are no part of what a page is called', async () => {
  const { page } = await read(`${web.url.replace('//', '//user:password@')}/tower#part`);
  assert.equal(page?.url, `${web.url}/tower`);
});

test('as many redirects as are permitted are followed, and the page bears its last address', async () => {
  const { page } = await read('/hop?left=4');
  assert.equal(page?.url, `${web.url}/tower`);
});

test('an endless page is cut at its limit and read as far as it came', async () => {
  const text = await textOf('/huge', { maxBytes: 300_000, maxTextLength: 50_000 });
  assert.match(text, new RegExp(towerFact));
  assert.equal(text.length, 50_000);
});

test('a PDF over its limit is skipped, since it can not be cut', async () => {
  assert.equal((await read('/paper.pdf', { maxPdfBytes: 500 })).skipped?.reason, 'too-large');
});

test('a page that never answers, or never ends, is skipped after its time', async () => {
  for (const path of ['/silent', '/slow']) {
    assert.equal((await read(path, { pageTimeoutMs: 300 })).skipped?.reason, 'timeout', path);
  }
});

test('nothing listens there: skipped', async () => {
  const gone = await startSmallWeb();
  await gone[Symbol.asyncDispose]();
  assert.equal((await read(`${gone.url}/tower`)).skipped?.reason, 'network');
});

test('a page with a slow neighbour is read, and an abort ends the slow one', async () => {
  await using other = await startSmallWeb();
  const controller = new AbortController();
  const urls = [`${other.url}/silent`, `${other.url}/tower`, `${other.url}/slow`];
  const reading = readerWith().read(urls, { signal: controller.signal });
  await Promise.all([other.asked('/silent'), other.asked('/slow'), other.asked('/tower')]);
  controller.abort(new Error('enough'));
  const outcomes = await reading;
  assert.equal(outcomes[0]?.skipped?.reason, 'timeout');
  assert.equal(outcomes[2]?.skipped?.reason, 'timeout');
  assert.deepEqual(
    outcomes.map(({ requestedUrl }) => requestedUrl),
    urls,
  );
});

test('robots.txt is asked once for an origin; a server error there forbids everything, its absence nothing', async () => {
  for (const [status, expected] of [
    [503, 'robots'],
    [404, undefined],
  ] as const) {
    await using site = await serve('127.0.0.1', (request, response) => {
      if (request.url === '/robots.txt') response.writeHead(status).end();
      else response.writeHead(200, { 'content-type': 'text/plain' }).end('Some words.');
    });
    const outcomes = await readerWith().read([`${site.url}/a`, `${site.url}/b`], {
      signal: new AbortController().signal,
    });
    assert.deepEqual(
      outcomes.map((outcome) => outcome.skipped?.reason),
      [expected, expected],
    );
    assert.equal(site.requests.filter(({ path }) => path === '/robots.txt').length, 1);
  }
});

test('it says who it is and brings neither cookie nor referrer', async () => {
  await read('/garden');
  const asked = web.requests.find(({ path }) => path === '/garden');
  assert.match(asked?.headers['user-agent'] ?? '', /^Colloquy\/0\.1 /);
  assert.equal(asked?.headers.cookie, undefined);
  assert.equal(asked?.headers.referer, undefined);
});

test('a file that holds its parser too long is given up with its process, and the next one is read', async () => {
  await using strict = createExtractionPool({ maxProcesses: 1, timeoutMs: 3_000 });
  const { signal } = new AbortController();
  const hostile = {
    robotsUrl: 'http://robots.test/robots.txt',
    text: `User-agent: *\nDisallow: /${'*'.repeat(20_000_000)}`,
    url: `http://robots.test/${'a'.repeat(1_900)}`,
    agent: 'Colloquy',
  };
  const bytes = new TextEncoder().encode('A word.');
  const good = { format: 'text', bytes, contentType: 'text/plain', maxLength: 100 } as const;
  const [first, second] = await Promise.allSettled([
    strict.run({ kind: 'robots', job: hostile }, { signal }),
    strict.run({ kind: 'page', job: good }, { signal }),
  ]);
  assert.equal(first.status === 'rejected' && first.reason.name, 'WorkerError');
  assert.equal(second.status === 'fulfilled' && second.value.text, 'A word.');
});
