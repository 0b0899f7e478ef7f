/** The stages before an answer from the internet: question → search → read → rank → prompt. */
import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { abortable } from '../concurrency/abortable.ts';
import type { WorkerLoss } from '../concurrency/worker-pool.ts';
import type { Source, StatusEvent } from '../domain/event.ts';
import { createAddressGuard } from '../network/address-guard.ts';
import { createGuardedAgent, type Resolve } from '../network/guarded-agent.ts';
import { createOutsideAgent } from '../network/outside-agent.ts';
import type { Proxies } from '../network/proxies.ts';
import { chooseSearchEngine, type SearchSettings } from './engines/choose.ts';
import type { SearchEngine, SearchHit } from './engines/engine.ts';
import { searchAll } from './engines/merge-hits.ts';
import { createExtractionPool } from './extraction/extraction-pool.ts';
import {
  createPageReader,
  type Page,
  type PageLimits,
  type PageOutcome,
  type PageReader,
  type ReadOptions,
} from './pages/page-reader.ts';
import { buildPromptSection } from './prompt.ts';
import { type Ask, findQueries, type Turn } from './queries.ts';
import { chooseSources, type RankedSource, rankPassages } from './ranking/rank.ts';

export interface ResearchRequest {
  /** The message that is to be answered. */
  readonly question: string;
  /** The conversation before the question, oldest first. */
  readonly history: readonly Turn[];
  /** Asks the model that condenses the conversation to queries. Absent: the message itself is searched for. */
  readonly ask?: Ask | undefined;
  /** What the model is told about queries; absent: the built-in instruction. */
  readonly instruction?: string | undefined;
  readonly countTokens: (text: string) => number;
  /** The most tokens that `promptSection` may have. */
  readonly budgetTokens: number;
  /** Called with each of the three statuses once, in their order, whatever fails. */
  readonly onStatus: (status: StatusEvent['status']) => void;
  readonly signal: AbortSignal;
  /** The organization that asks: none keeps the pages of others waiting for long. */
  readonly owner?: string | undefined;
}

export interface Research {
  /** Numbered from 1, the best first. Where there are none, there is a notice. */
  readonly sources: readonly Source[];
  /** Tells the user why there are no sources, or that they are only excerpts. */
  readonly notice?: string;
  /** The text that the model gets before the user's message. */
  readonly promptSection: string;
  /** The queries that were searched for. */
  readonly queries: readonly string[];
}

export interface Researcher extends AsyncDisposable {
  /** Throws only the signal's reason and the errors of `onStatus`. Other failures are reported in a notice. */
  research(request: ResearchRequest): Promise<Research>;
}

/** Something that failed and that the answer does without; for the log. */
export interface ResearchProblem {
  readonly stage: 'question' | 'search' | 'read';
  readonly message: string;
  readonly url?: string;
}

export interface ResearchLimits extends PageLimits {
  /** The longest time for all stages together; what is read until then is used. */
  readonly deadlineMs: number;
  readonly questionTimeoutMs: number;
  readonly searchTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly maxPages: number;
}

export interface ResearcherOptions {
  /** `config.search`. */
  readonly settings: SearchSettings;
  /** Replaces the engine that the settings choose. */
  readonly engine?: SearchEngine;
  readonly limits?: Partial<ResearchLimits>;
  /** Resolves the host names of pages. Default: the operating system. */
  readonly resolve?: Resolve;
  /** The proxies through which engines and pages are reached. */
  readonly proxies?: Proxies | undefined;
  readonly onProblem?: (problem: ResearchProblem) => void;
  /** Called once for each process that a file has ended, or that did not start; the file is a problem besides. */
  readonly onLost?: (loss: WorkerLoss) => void;
  readonly now?: () => Date;
  /** Makes the random text of a fence, in hexadecimal. */
  readonly random?: () => string;
}

const userAgent = 'Colloquy/0.1 (+reads single pages for a user who asked; self-hosted)';

const stageLimits = {
  deadlineMs: 25_000,
  questionTimeoutMs: 10_000,
  searchTimeoutMs: 8_000,
  connectTimeoutMs: 4_000,
  maxPages: 6,
};

const notices = {
  searchFailed: 'The web search could not be reached, so this answer was written without sources.',
  nothingFound: 'The web search found nothing for this message, so this answer was written without sources.',
  nothingRead:
    'None of the pages that the search found could be read, so this answer was written without sources.',
  excerptsOnly: 'The pages that the search found could not be read; the sources are only its excerpts.',
  noRoom: 'The conversation leaves no room for sources, so this answer was written without them.',
};

/** The researcher owns its connections and processes. @throws Error where `allowedNetworks` holds no CIDR network */
export function createResearcher(options: ResearcherOptions): Researcher & { readonly engine: SearchEngine } {
  const limits = { ...stageLimits, ...options.limits };
  const pool = createExtractionPool({ ...(options.onLost && { onLost: options.onLost }) });
  const pageAgent = createGuardedAgent({
    guard: createAddressGuard(options.settings),
    ...(options.resolve && { resolve: options.resolve }),
    connectMs: limits.connectTimeoutMs,
    proxies: options.proxies,
  });
  const engineAgent = createOutsideAgent({ connectMs: limits.connectTimeoutMs, proxies: options.proxies });
  const engine =
    options.engine ?? chooseSearchEngine(options.settings, { dispatcher: engineAgent, userAgent });
  const reader = createPageReader({
    dispatcher: pageAgent,
    pool,
    userAgent,
    ...(options.limits && { limits: options.limits }),
  });
  const now = options.now ?? (() => new Date());
  const random = options.random ?? (() => randomBytes(16).toString('hex'));
  const report = options.onProblem ?? (() => {});

  async function find(request: ResearchRequest): Promise<Findings> {
    const { question, history, ask, instruction, signal, onStatus } = request;
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(limits.deadlineMs)]);
    onStatus('searching');
    // They start while the search runs.
    void pool.prepare();
    const { queries, failure } = await findQueries({
      question,
      history,
      today: now(),
      instruction,
      ask: ask && withTimeout(ask, limits.questionTimeoutMs),
      signal: deadline,
    });
    signal.throwIfAborted();
    if (failure) report({ stage: 'question', message: failure.message });
    const search = await searchAll(engine, queries, {
      limit: limits.maxPages,
      signal: AbortSignal.any([deadline, AbortSignal.timeout(limits.searchTimeoutMs)]),
    });
    signal.throwIfAborted();
    for (const { message } of search.failures) report({ stage: 'search', message });
    onStatus('reading');
    const { pages, excerpts } = await readHits(
      reader,
      search.hits,
      { signal: deadline, owner: request.owner },
      report,
    );
    signal.throwIfAborted();
    const isDown = search.failures.length === queries.length;
    const notice = noticeOf({
      isDown,
      hits: search.hits.length,
      pages: pages.length,
      excerpts: excerpts.length,
    });
    return { queries, pages: [...pages, ...excerpts], notice };
  }

  return {
    engine,
    async research(request) {
      request.signal.throwIfAborted();
      const { queries, pages, notice } = await find(request);
      request.onStatus('answering');
      const section = await fitSection({
        pages,
        queries: [...queries, request.question.slice(0, 2_000)],
        countTokens: request.countTokens,
        budgetTokens: request.budgetTokens,
        frame: { nonce: random(), today: now(), notice },
      });
      return { ...section, queries };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([pageAgent.destroy(), engineAgent.destroy(), pool[Symbol.asyncDispose]()]);
    },
  };
}

interface Findings {
  readonly queries: readonly string[];
  readonly pages: readonly Page[];
  readonly notice: string | undefined;
}

/** A model that takes too long for its queries is not waited for, even where it does not hear the signal. */
function withTimeout(ask: Ask, timeoutMs: number): Ask {
  return async (prompt, { signal }) => {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    return abortable(ask(prompt, { signal: bounded }), bounded);
  };
}

/** The pages that could be read, and the engine's excerpts of others, but nothing of refused addresses. */
async function readHits(
  reader: PageReader,
  hits: readonly SearchHit[],
  options: ReadOptions,
  report: (problem: ResearchProblem) => void,
): Promise<{ pages: readonly Page[]; excerpts: readonly Page[] }> {
  const outcomes = await reader.read(
    hits.map(({ url }) => url),
    options,
  );
  const pages: Page[] = [];
  const excerpts: Page[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    const hit = hits[index];
    if (hit === undefined) continue;
    if (outcome.page) {
      // Two addresses may redirect to one page.
      if (pages.some(({ url }) => url === outcome.page.url)) continue;
      pages.push({ ...outcome.page, title: outcome.page.title || hit.title });
      continue;
    }
    report({ stage: 'read', url: hit.url, message: `${outcome.skipped.reason}: ${outcome.skipped.message}` });
    if (isQuotable(outcome) && hit.snippet.length >= 40) {
      excerpts.push({ url: hit.url, title: hit.title, text: hit.snippet });
    }
  }
  return { pages, excerpts };
}

function isQuotable({ skipped }: PageOutcome): boolean {
  return skipped?.reason !== 'address';
}

interface Counts {
  readonly isDown: boolean;
  readonly hits: number;
  readonly pages: number;
  readonly excerpts: number;
}

function noticeOf({ isDown, hits, pages, excerpts }: Counts): string | undefined {
  if (isDown) return notices.searchFailed;
  if (hits === 0) return notices.nothingFound;
  if (pages > 0) return undefined;
  return excerpts > 0 ? notices.excerptsOnly : notices.nothingRead;
}

interface FitOptions {
  readonly pages: readonly Page[];
  readonly queries: readonly string[];
  readonly countTokens: (text: string) => number;
  readonly budgetTokens: number;
  readonly frame: { readonly nonce: string; readonly today: Date; readonly notice: string | undefined };
}

/** Takes as many passages as fit. The whole section is counted, since the tokens of its parts don't add up exactly. */
async function fitSection(options: FitOptions): Promise<Omit<Research, 'queries'>> {
  const { frame, countTokens, budgetTokens } = options;
  const noSource = { source: { index: 1, title: '', url: '', snippet: '' }, passages: [''] };
  const candidates = await rankPassages(options.pages, options.queries);
  const overhead = countTokens(buildPromptSection({ ...frame, ranked: [noSource] }));
  let left = budgetTokens - overhead;
  let ranked: readonly RankedSource[] = [];
  while (left > 0) {
    // Each turn counts the tokens of some dozens of passages.
    await setImmediate();
    ranked = chooseSources(candidates, { countTokens, budgetTokens: left });
    const promptSection = buildPromptSection({ ...frame, ranked });
    const excess = countTokens(promptSection) - budgetTokens;
    if (ranked.length === 0) break;
    if (excess <= 0) {
      return {
        sources: ranked.map(({ source }) => source),
        ...(frame.notice !== undefined && { notice: frame.notice }),
        promptSection,
      };
    }
    left -= Math.max(excess, 16);
  }
  const notice = options.pages.length > 0 ? notices.noRoom : (frame.notice ?? notices.nothingRead);
  return { sources: [], notice, promptSection: buildPromptSection({ ...frame, notice, ranked: [] }) };
}
