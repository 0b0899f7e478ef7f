/** The whole pipeline over real HTTP: a search server, a small web, and everything outside that can fail. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  type SearxngResult,
  type SmallWeb,
  startSearchServer,
  startSmallWeb,
} from 'colloquy-testkit/web/small-web';
import { towerFact } from 'colloquy-testkit/web/small-web-pages';
import { createResearcher, type ResearchProblem, type ResearchRequest } from '../../src/research/research.ts';

const web = await startSmallWeb();
after(() => web[Symbol.asyncDispose]());

const question = 'How high is the Vellmar tower?';
const nonce = 'feedfacefeedface';

function result(path: string, content = ''): SearxngResult {
  return { url: path.includes('://') ? path : `${web.url}${path}`, title: `Hit ${path}`, content };
}

async function withResearcher(
  results: readonly SearxngResult[] | number | ((query: string) => readonly SearxngResult[] | number),
  use: (
    run: (request?: Partial<ResearchRequest>) => ReturnType<ReturnType<typeof createResearcher>['research']>,
    seen: { readonly statuses: string[]; readonly problems: ResearchProblem[]; readonly server: SmallWeb },
  ) => Promise<void>,
  limits: Parameters<typeof createResearcher>[0]['limits'] = {},
): Promise<void> {
  await using server = await startSearchServer(typeof results === 'function' ? results : () => results);
  const [statuses, problems]: [string[], ResearchProblem[]] = [[], []];
  await using researcher = createResearcher({
    settings: { engines: { searxng: server.url }, allowedNetworks: ['127.0.0.1/32'] },
    limits: {
      pageTimeoutMs: 60_000,
      robotsTimeoutMs: 30_000,
      searchTimeoutMs: 30_000,
      deadlineMs: 90_000,
      ...limits,
    },
    random: () => nonce,
    now: () => new Date('2026-11-22T10:00:00Z'),
    onProblem: (problem) => problems.push(problem),
  });
  const run = (request: Partial<ResearchRequest> = {}) =>
    researcher.research({
      question,
      history: [],
      countTokens: (text) => Math.ceil(text.length / 4),
      budgetTokens: 3_000,
      onStatus: (status) => statuses.push(status),
      signal: new AbortController().signal,
      ...request,
    });
  await use(run, { statuses, problems, server });
}

test('the right page comes first, its copy is dropped, and the prompt holds the answer', async () => {
  await withResearcher(
    [result('/garden'), result('/copy'), result('/tower')],
    async (run, { statuses, problems }) => {
      const research = await run();
      assert.deepEqual(statuses, ['searching', 'reading', 'answering']);
      assert.deepEqual(research.queries, [question]);
      assert.equal(research.notice, undefined);
      assert.match(research.sources[0]?.url ?? '', /\/(tower|copy)$/);
      assert.equal(research.sources.filter(({ url }) => /tower|copy/.test(url)).length, 1);
      assert.ok(research.sources[0]?.snippet.includes(towerFact));
      assert.ok(research.promptSection.includes(towerFact));
      assert.ok(research.promptSection.includes(`[1] ${research.sources[0]?.title}\n`));
      assert.deepEqual(problems, []);
    },
  );
});

test('bad neighbours of a good page do no harm, and each is reported', async () => {
  const results = ['/huge', '/bomb', '/binary', '/loop', '/secret/page', '/tower'].map((path) =>
    result(path),
  );
  await withResearcher(results, async (run, { problems }) => {
    const research = await run();
    assert.ok(
      research.sources.some(({ url }) => url === `${web.url}/tower`) ||
        research.sources[0]?.url.endsWith('/huge'),
    );
    assert.ok(research.promptSection.includes(towerFact));
    assert.equal(research.notice, undefined);
    assert.deepEqual(
      problems.map(({ stage, message }) => `${stage} ${message.split(':')[0]}`),
      ['read encoding', 'read content-type', 'read redirects', 'read robots'],
    );
  });
});

test('injections: hidden ones do not arrive, a visible one only as data, and the fence is intact', async () => {
  await withResearcher([result('/injection'), result('/tower')], async (run) => {
    const { promptSection, sources } = await run({ question: 'Which towers of the valley are visited?' });
    assert.doesNotMatch(promptSection, /HIDDEN|[\u{e0000}-\u{e007f}]/u);
    const [, fenced = '', ...rest] = promptSection.split(`\n<<<SOURCES ${nonce}>>>\n`);
    assert.deepEqual(rest, []);
    assert.ok(promptSection.endsWith(`\n<<<END OF SOURCES ${nonce}>>>`));
    assert.match(fenced, /IGNORE ALL PREVIOUS INSTRUCTIONS/);
    assert.equal(fenced.match(/<<<|<\|/g)?.length, 1);
    assert.deepEqual(
      fenced.match(/\[\d+\]/g),
      sources.map(({ index }) => `[${index}]`),
    );
  });
});

test("the model's queries are what is searched for", async () => {
  const answer = (query: string) => (query === 'vellmar tower height' ? [result('/tower')] : []);
  await withResearcher(answer, async (run, { server }) => {
    const research = await run({
      question: 'And how high is it?',
      history: [
        { role: 'user', text: 'Tell me of the Vellmar tower.' },
        { role: 'assistant', text: 'It is a tower.' },
      ],
      ask: async () => '["vellmar tower height", "vellmar tower"]',
    });
    assert.deepEqual(research.queries, ['vellmar tower height', 'vellmar tower']);
    assert.equal(server.requests.length, 2);
    assert.equal(research.sources[0]?.url, `${web.url}/tower`);
  });
});

test('a model that never answers is not waited for', async () => {
  const limits = { questionTimeoutMs: 50 };
  await withResearcher(
    [result('/tower')],
    async (run, { problems }) => {
      const research = await run({ ask: () => new Promise(() => {}) });
      assert.deepEqual(research.queries, [question]);
      assert.equal(research.sources.length, 1);
      assert.equal(problems[0]?.stage, 'question');
    },
    limits,
  );
});

test('search down, nothing found, nothing readable: no sources, a notice, and a prompt that says so', async () => {
  const table = [
    [503, /could not be reached/],
    [[], /found nothing/],
    [[result('/binary'), result('/nowhere')], /could be read/],
  ] as const;
  for (const [results, notice] of table) {
    await withResearcher(results, async (run, { statuses, problems }) => {
      const research = await run();
      assert.deepEqual(research.sources, []);
      assert.match(research.notice ?? '', notice);
      assert.ok(research.promptSection.includes(research.notice ?? '?'));
      assert.deepEqual(statuses, ['searching', 'reading', 'answering']);
      assert.equal(problems.length > 0, !(Array.isArray(results) && results.length === 0));
    });
  }
});

test('where no page can be read the excerpts of the search serve, but not those of refused addresses', async () => {
  const excerpt = 'The Vellmar tower is 74 metres high, as the town says on its board.';
  const results = [
    result('/secret/page', excerpt),
    result(
      'http://127.0.0.2:9/inside',
      'On the inner pages it is written that the tower of Vellmar has a cellar.',
    ),
  ];
  await withResearcher(results, async (run) => {
    const research = await run();
    assert.deepEqual(
      research.sources.map(({ url, snippet }) => [url, snippet]),
      [[`${web.url}/secret/page`, excerpt]],
    );
    assert.match(research.notice ?? '', /excerpts/);
  });
});

test('an abort ends it at every stage with its reason', async () => {
  const reason = new Error('the user went');
  const stages: readonly ((
    request: (overrides: Partial<ResearchRequest>) => Promise<unknown>,
    abort: () => void,
  ) => Promise<unknown>)[] = [
    (run, abort) => {
      abort();
      return run({});
    },
    (run, abort) => run({ ask: () => new Promise(() => abort()) }),
    (run, abort) => run({ onStatus: (status) => status === 'reading' && abort() }),
    async (run, abort) => {
      const running = run({});
      await web.asked('/silent');
      abort();
      return running;
    },
  ];
  for (const stage of stages) {
    await withResearcher([result('/silent')], async (run) => {
      const controller = new AbortController();
      const aborted = stage(
        (overrides) => run({ signal: controller.signal, ...overrides }),
        () => controller.abort(reason),
      );
      await assert.rejects(aborted, reason);
    });
  }
});

test('what was read when the time is up is used', async () => {
  await withResearcher(
    [result('/silent'), result('/tower')],
    async (run) => {
      const research = await run();
      assert.deepEqual(
        research.sources.map(({ url }) => url),
        [`${web.url}/tower`],
      );
    },
    { deadlineMs: 5_000 },
  );
});

test('the section never has more tokens than there are, and says so where nothing fits', async () => {
  const countTokens = (text: string) => Math.ceil(text.length / 3);
  await withResearcher([result('/tower'), result('/garden'), result('/plain.txt')], async (run) => {
    for (const budgetTokens of [600, 1_000, 4_000]) {
      const research = await run({ budgetTokens, countTokens, question: 'Vellmar tower garden' });
      assert.ok(countTokens(research.promptSection) <= budgetTokens);
      assert.ok(research.sources.length > 0);
    }
    const none = await run({ budgetTokens: 50, countTokens });
    assert.deepEqual(none.sources, []);
    assert.match(none.notice ?? '', /no room/);
  });
});
