/**
 * Hostile PDFs, found by the research of a server in a process of its own: each is skipped or read, the memory of the
 * server and of its parsers is bounded, another answer goes on meanwhile, and the parsers still read what comes behind.
 */
import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { openStream } from 'colloquy-testkit/event-stream';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace } from 'colloquy-testkit/place';
import { serverEnvironment } from 'colloquy-testkit/server-environment';
import { type ChildServer, spawnServer } from 'colloquy-testkit/server-process';
import { makeTenant } from 'colloquy-testkit/tenants';
import { answer, gate, type Step, startScriptedUpstream } from 'colloquy-testkit/upstream/scripted-upstream';
import { firstWords, hostilePdfs } from 'colloquy-testkit/web/hostile-pdfs';
import { serve, startSearchServer } from 'colloquy-testkit/web/small-web';
import { towerFact, towerPage } from 'colloquy-testkit/web/small-web-pages';

/** PDFs of one research: two processes, four seconds each, are through with them in the eight seconds that a page has. */
const atOnce = 4;
/** Twice the bound on a parser's resident memory, which is looked at now and then. Without it, they take 1,300 MB. */
const mostResidentMegabytes = 2 * 384;
/** What the server may hold more once all is over. */
const mostKeptBytes = 64 * 2 ** 20;
const question = `How high is the Vellmar tower? ${firstWords}`;

/** Tests a third of the PDFs: half of it on each store, since no store has to do with a PDF, and each takes some seconds. */
export function testHostilePdfs(third: 0 | 1 | 2): void {
  const all = Object.keys(hostilePdfs);
  const size = Math.ceil(all.length / 6);
  onBothStores('hostile PDFs', (engine) => {
    const from = size * (2 * third + (engine === 'sqlite' ? 0 : 1));
    const names = all.slice(from, from + size);
    const groups = Array.from({ length: Math.ceil(size / atOnce) }, (_, group) =>
      names.slice(group * atOnce, (group + 1) * atOnce),
    );
    const cleanup = new AsyncDisposableStack();
    after(() => cleanup.disposeAsync());
    let stage: Stage;
    before(async () => {
      const place = await emptyPlace(engine);
      cleanup.defer(() => rm(place.dataDir, { recursive: true, force: true }));
      stage = await setStage(
        cleanup,
        (search) =>
          serverEnvironment(place, {
            SEARXNG_URL: search,
            INTERNET_ALLOWED_NETWORKS: '127.0.0.1/32',
            LOG_LEVEL: 'info',
          }),
        groups.length,
      );
    });

    for (const [index, group] of groups.entries()) {
      test(group.join(', '), async () => {
        const { server, tokens, releases, research, linesOf } = stage;
        const resident = watchResident(server.pid);
        const { over } = await research(group);
        // The other answer goes on while the PDFs are read.
        releases[index]?.();
        assert.ok(await tokens(index + 1));
        const said = await over;
        const peak = await resident.stop();
        assert.match(said, /^event: done$/m);
        for (const name of group) {
          const skipped = linesOf(pathOf(name));
          const isRead = said.includes(pathOf(name));
          assert.ok(skipped <= 1, `${name} is skipped once`);
          if (isRead) assert.equal(skipped, 0, `${name} is read, and not skipped`);
        }
        assert.ok(peak < mostResidentMegabytes, `a parser had ${peak} MB`);
      });
    }

    test('what comes behind them is read', async () => {
      // A busy machine may take longer than a page has.
      for (let tries = 0; tries < 5; tries += 1) {
        const { over } = await stage.research([]);
        if ((await over).includes('/tower"')) return;
      }
      assert.fail('the page is not read');
    });

    test('the server holds no more than before, and its parsers were lost for their bounds alone', async () => {
      const { server, heldBefore, finish } = stage;
      await finish();
      assert.ok((await server.liveBytes()) - heldBefore < mostKeptBytes);
      const causes = [...server.output().matchAll(/"cause":"(\w+)"/g)].map(([, cause]) => cause);
      assert.ok(causes.every((cause) => cause === 'memory' || cause === 'heap' || cause === 'time'));
    });
  });
}

const pathOf = (name: string): string => `/${name.replaceAll(/[^a-z0-9]+/gi, '-')}.pdf`;

interface Stage {
  readonly server: ChildServer;
  readonly heldBefore: number;
  /** One for each research: lets the other answer go on by a word. */
  readonly releases: readonly (() => void)[];
  /** Resolves once the other answer has so many words. */
  tokens(count: number): Promise<boolean>;
  /** Begins a research that finds these PDFs, and resolves once the first page is asked for. `over` is what is streamed. */
  research(names: readonly string[]): Promise<{ readonly over: Promise<string> }>;
  /** How often the log says that a page of this path was skipped. */
  linesOf(path: string): number;
  /** Waits for the end of the other answer. */
  finish(): Promise<void>;
}

async function setStage(
  cleanup: AsyncDisposableStack,
  environmentFor: (searchUrl: string) => Record<string, string>,
  researches: number,
): Promise<Stage> {
  const gates = Array.from({ length: researches }, () => gate());
  const words: readonly Step[] = gates.flatMap(({ step }, index) => [
    step,
    { do: 'tokens', tokens: [` word${index}`] } as const,
  ]);
  const upstream = cleanup.use(await startScriptedUpstream());
  upstream.setDefault(({ body, lastUserMessage }) => {
    if (lastUserMessage === 'Slowly') {
      return { steps: [{ do: 'headers' }, ...words, { do: 'finish' }, { do: 'end' }] };
    }
    return answer(JSON.stringify(body?.messages).includes(towerFact) ? 'It is 74 metres high' : 'Unknown');
  });
  const files = new Map(Object.entries(hostilePdfs).map(([name, make]) => [pathOf(name), make]));
  const web = cleanup.use(
    await serve('127.0.0.1', (request, response) => {
      const make = files.get(request.url ?? '');
      if (make !== undefined) response.writeHead(200, { 'content-type': 'application/pdf' }).end(make());
      else if (request.url === '/tower') {
        response.writeHead(200, { 'content-type': 'text/html' }).end(towerPage);
      } else response.writeHead(404).end();
    }),
  );
  let found: readonly string[] = [];
  const search = cleanup.use(
    await startSearchServer(() =>
      [...found, '/tower'].map((path) => ({ url: `${web.url}${path}`, title: path, content: '' })),
    ),
  );
  const server = cleanup.use(await spawnServer(environmentFor(search.url), { memoryProbe: true }));
  const { prodKey } = await makeTenant(server.url, upstream);
  const headers = { 'x-api-key': prodKey };
  const other = await openStream({
    url: `${server.url}/api/chat/completion/stream`,
    headers,
    body: { message: 'Slowly' },
  });
  const post = async (path: string, body: object): Promise<string> => {
    const response = await fetch(server.url + path, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.equal(response.status, 201, await response.clone().text());
    return ((await response.json()) as { readonly id: string }).id;
  };
  return {
    server,
    heldBefore: await server.liveBytes(),
    releases: gates.map(({ release }) => release),
    tokens: (count) =>
      other.until(() => other.frames.filter(({ data }) => data.includes('"type":"token"')).length >= count),
    async research(names) {
      found = names.map(pathOf);
      const chatId = await post('/chats/create', { name: 'Towers' });
      const message = { chat_id: chatId, role: 'Human', message: question };
      const messageId = await post('/conversations/create', message);
      const url = `${server.url}/conversations/inference_internet/${messageId}`;
      const stream = await openStream({ url, headers });
      await web.asked(found[0] ?? '/tower');
      const over = stream.closed.then((end) => {
        assert.equal(end, 'ended');
        return stream.body();
      });
      return { over };
    },
    linesOf: (path) =>
      server
        .output()
        .split('\n')
        .filter((line) => line.includes('a step of the research failed') && line.includes(path)).length,
    async finish() {
      assert.equal(await other.closed, 'ended');
    },
  };
}

/** Watches the processes below one, and gives the most resident memory that one of them had, in megabytes. */
function watchResident(parent: number): { stop(): Promise<number> } {
  let most = 0;
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      for (const pid of await childrenOf(parent)) most = Math.max(most, await residentOf(pid));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    async stop() {
      isOver = true;
      await watching;
      return most;
    },
  };
}

/** Empty where the system tells nothing about processes, or the process is gone. */
async function childrenOf(pid: number): Promise<readonly number[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '')),
  );
  return lists.join(' ').split(' ').filter(Boolean).map(Number);
}

async function residentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
}
