/**
 * The fuzzer: sends requests that are made up from the server's own OpenAPI document, one after the other, and looks
 * whether what holds for every answer holds. A request that breaks it is made as simple as it can be.
 */
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import fc from 'fast-check';
import { pino } from 'pino';
import type { StoreEngine } from '../../src/store/store.ts';
import { changedTables, openDigest, type StoreDigest } from './digest.ts';
import { type ApiDocument, type Operation, type RawDocument, readDocument } from './document.ts';
import { problemsOf, reachedBy } from './properties.ts';
import { rawProblems, rawRequests, sendRaw } from './raw.ts';
import { type Plan, planArbitrary } from './requests.ts';
import { type Answer, fillPlan, openWire, type Sent, type Wire } from './wire.ts';
import { makeWorld, type World } from './world.ts';

export interface FuzzOptions {
  readonly storeEngine: StoreEngine;
  /** The same seed gives the same requests. */
  readonly seed: number;
  readonly requests: number;
  /** Requests that meet the same world; then a new one is made. */
  readonly requestsPerWorld?: number;
  /** How many violations end the run. Default 1. */
  readonly mostViolations?: number;
  onProgress?(line: string): void;
}

export interface Violation {
  readonly problems: readonly string[];
  /** The simplest request that was found to break it. */
  readonly plan: Plan;
  /** What was sent and answered the last time. */
  readonly exchange: string;
  readonly seed: number;
}

export interface FuzzResult {
  readonly requests: number;
  /** How often each status was the answer. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Operations that were never answered with success, each with what refused it most often. */
  readonly neverDone: readonly string[];
  /** Milliseconds of the slowest answers, by operation. */
  readonly slowest: readonly (readonly [operation: string, ms: number])[];
  readonly violations: readonly Violation[];
}

/**
 * What lies outside is not reached: a search server that is down, and a proxy that is down before everything that is not
 * on this machine.
 */
const environment = {
  SEARXNG_URL: 'http://127.0.0.1:9',
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '127.0.0.1,localhost',
  COLLOQUY_SUMMARIES: 'off',
  MODEL_CONNECT_TIMEOUT_MS: '2000',
};

export async function runFuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { seed, requestsPerWorld = 200, mostViolations = 1, onProgress } = options;
  const errors: string[] = [];
  const log = pino({ level: 'error' }, { write: (line) => void errors.push(line) });
  const onUnhandled = (error: unknown): void => void errors.push(`unhandled: ${String(error)}`);
  process.on('unhandledRejection', onUnhandled);
  await using server = await startTestServer(options.storeEngine, { environment, log });
  await using digest = await openDigest(server.place);
  using wire = openWire(server.url);
  const response = await fetch(`${server.url}/docs/openapi.json`);
  const document = readDocument((await response.json()) as RawDocument);
  const run = new Run({ server, document, digest, wire, errors });
  const violations: Violation[] = [];
  const startedAt = performance.now();
  for (let world = 0; run.requests < options.requests && violations.length < mostViolations; world += 1) {
    const numRuns = Math.min(requestsPerWorld, options.requests - run.requests);
    const violation = await run.inNewWorld(seed + world, numRuns);
    if (violation !== undefined) {
      violations.push(violation);
      onProgress?.(describe(violation));
    }
    if (world % 25 === 24) {
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      onProgress?.(`${run.requests} requests in ${seconds} s, ${violations.length} violations`);
    }
  }
  process.off('unhandledRejection', onUnhandled);
  return { ...run.figures(), violations };
}

interface Parts {
  readonly server: TestServer;
  readonly document: ApiDocument;
  readonly digest: StoreDigest;
  readonly wire: Wire;
  /** Lines that the server logged as errors. */
  readonly errors: string[];
}

class Run {
  requests = 0;
  readonly #parts: Parts;
  readonly #plans: fc.Arbitrary<Plan>;
  readonly #statuses = new Map<number, number>();
  readonly #done = new Set<string>();
  /** Every refusal, as its operation and the beginning of what was said. */
  readonly #refusals: (readonly [operation: string, words: string])[] = [];
  readonly #slowest = new Map<string, number>();
  /** What was found before, so that the run goes on behind it. */
  readonly #known = new Set<string>();
  #digests: ReadonlyMap<string, string> = new Map();
  #exchange = '';

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#plans = planArbitrary(parts.document);
  }

  async inNewWorld(seed: number, numRuns: number): Promise<Violation | undefined> {
    await using world = await makeWorld(this.#parts.server);
    this.#digests = await this.#parts.digest.read();
    const property = fc.asyncProperty(this.#plans, async (plan) => {
      const problems = await this.#play(plan, world);
      const found = problems.filter((problem) => !this.#known.has(keyOf(plan, problem)));
      if (found.length > 0) throw new Broken(found, this.#exchange);
    });
    const { failed, counterexample, errorInstance } = await fc.check(property, { seed, numRuns });
    if (!failed) return undefined;
    if (!(errorInstance instanceof Broken)) throw errorInstance;
    const [plan] = counterexample ?? [];
    if (plan === undefined) throw errorInstance;
    for (const problem of errorInstance.problems) this.#known.add(keyOf(plan, problem));
    return { problems: errorInstance.problems, plan, exchange: errorInstance.exchange, seed };
  }

  async #play(plan: Plan, world: World): Promise<readonly string[]> {
    this.requests += 1;
    const sent = fillPlan(plan, world);
    this.#exchange = shown(sent);
    this.#parts.errors.length = 0;
    let answer: Answer | undefined;
    try {
      answer = await this.#parts.wire.send(sent);
    } catch (error) {
      this.#digests = await this.#parts.digest.read();
      return isCutOff(sent, error) ? [] : [`no answer: ${String(error)}`];
    }
    if (answer === undefined) {
      this.#digests = await this.#parts.digest.read();
      return [];
    }
    this.#exchange = `${shown(sent)}\n→ ${answer.status} ${answer.text.slice(0, 500)}`;
    this.#count(sent, answer);
    const problems = [
      ...problemsOf(this.#parts.document, sent, answer),
      ...world.leaks(sent.caller, answer.text).map((mark) => `the answer shows ${mark}`),
      ...(await this.#changes(sent, answer)),
      ...this.#parts.errors.map((line) => `the log has an error: ${line.slice(0, 600)}`),
    ];
    this.#remember(sent, answer, world);
    return problems;
  }

  /** What a request changed that may change nothing: one that is refused, HEAD, and most of GET. */
  async #changes(sent: Sent, answer: Answer): Promise<readonly string[]> {
    const { digest, wire } = this.#parts;
    const before = this.#digests;
    this.#digests = await digest.read();
    if (!mustChangeNothing(sent, answer)) return [];
    if (changedTables(before, this.#digests).length === 0) return [];
    // An answer that nobody waits for may have ended meanwhile; so it is asked again, whenever the store is quiet.
    let changed: readonly string[] = [];
    for (let repeats = 0; repeats < 3; repeats += 1) {
      this.#digests = await this.#quiet();
      const again = await wire.send(sent);
      const after = await digest.read();
      changed = changedTables(this.#digests, after);
      this.#digests = after;
      if (again?.status !== answer.status || changed.length === 0) return [];
    }
    return [`status ${answer.status}, and these tables have changed: ${changed.join(', ')}`];
  }

  async #quiet(): Promise<ReadonlyMap<string, string>> {
    for (;;) {
      const one = await this.#parts.digest.read();
      await new Promise((resolve) => setTimeout(resolve, 100));
      const two = await this.#parts.digest.read();
      if (changedTables(one, two).length === 0) return two;
    }
  }

  #operation(sent: Sent): Operation | undefined {
    const reached = reachedBy(this.#parts.document, sent);
    return reached !== undefined && 'operation' in reached ? reached.operation : undefined;
  }

  #count(sent: Sent, { status, ms, text }: Answer): void {
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    const { id } = this.#operation(sent) ?? {};
    if (id === undefined) return;
    if (status < 300 && sent.method !== 'HEAD') this.#done.add(id);
    if (status >= 300) this.#refusals.push([id, `${status} ${text.slice(0, 120)}`]);
    this.#slowest.set(id, Math.max(ms, this.#slowest.get(id) ?? 0));
  }

  #remember(sent: Sent, { status, headers, text }: Answer, world: World): void {
    if (status >= 300) return;
    const location = /^\/api\/generations\/([^/]+)\/stream/.exec(String(headers['content-location']));
    if (location?.[1] !== undefined) world.remember(sent.caller, 'generation', location[1]);
    const kind = kindsOfMade[this.#operation(sent)?.id ?? ''];
    const isJson = headers['content-type']?.startsWith('application/json;') === true;
    if (!isJson || text === '') return;
    const { id, next_cursor: cursor } = JSON.parse(text) as { id?: unknown; next_cursor?: unknown };
    if (kind !== undefined && id !== undefined) world.remember(sent.caller, kind, String(id));
    if (typeof cursor === 'string') world.remember(sent.caller, 'cursor', cursor);
  }

  #mostOften(operation: string): string {
    const words = this.#refusals.filter(([id]) => id === operation).map(([, said]) => said);
    const counts = [...Map.groupBy(words, (said) => said)].sort(([, a], [, b]) => b.length - a.length);
    return counts
      .slice(0, 3)
      .map(([said, all]) => `${all.length} × ${said}`)
      .join(', ');
  }

  figures(): Omit<FuzzResult, 'violations'> {
    const { operations } = this.#parts.document;
    return {
      requests: this.requests,
      statuses: new Map([...this.#statuses].sort(([a], [b]) => a - b)),
      neverDone: operations
        .map(({ id }) => id)
        .filter((id) => !this.#done.has(id))
        .map((id) => `${id} (${this.#mostOften(id)})`),
      slowest: [...this.#slowest].sort(([, a], [, b]) => b - a).slice(0, 10),
    };
  }
}

/**
 * Sends requests that no HTTP client sends to a server of its own; gives what is wrong with the simplest that breaks
 * something, else nothing.
 */
export async function runRaw(options: Pick<FuzzOptions, 'seed' | 'requests'>): Promise<readonly string[]> {
  const errors: string[] = [];
  const log = pino({ level: 'error' }, { write: (line) => void errors.push(line) });
  await using server = await startTestServer('sqlite', { log });
  const property = fc.asyncProperty(rawRequests, async (bytes) => {
    const problems = [...rawProblems(await sendRaw(server.url, bytes)), ...errors.splice(0)];
    if (problems.length > 0) throw new Broken(problems, bytes);
  });
  const { failed, errorInstance, counterexample } = await fc.check(property, {
    seed: options.seed,
    numRuns: options.requests,
  });
  if (!failed) return [];
  if (!(errorInstance instanceof Broken)) throw errorInstance;
  return [...errorInstance.problems, JSON.stringify(counterexample)];
}

/** What operations make, by the names of `values.ts`. */
const kindsOfMade: Readonly<Record<string, string>> = {
  createChat: 'conversation',
  createConversation: 'conversation',
  createChatSession: 'session',
  createChatMessage: 'question',
  createModel: 'model',
  createPersona: 'persona',
  createKey: 'key',
  createMember: 'member',
  createWebhook: 'webhook',
  createQuestionSet: 'question-set',
  addQuestion: 'set-question',
};

class Broken extends Error {
  readonly problems: readonly string[];
  readonly exchange: string;

  constructor(problems: readonly string[], exchange: string) {
    super(problems.join('\n'));
    this.problems = problems;
    this.exchange = exchange;
  }
}

function mustChangeNothing({ method, target }: Sent, { status }: Answer): boolean {
  if (status >= 500) return false;
  return (
    status >= 400 || method === 'HEAD' || (method === 'GET' && !/^\/conversations\/inference/.test(target))
  );
}

/** The server may close the connection of a body that is too large before it is sent. */
function isCutOff({ body }: Sent, error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return (body?.length ?? 0) > 2 ** 20 && ['ECONNRESET', 'EPIPE'].includes(code);
}

/** The same problem of the same operation is found once. */
function keyOf({ operation }: Plan, problem: string): string {
  return `${operation} ${problem.replace(/[0-9a-f-]{8,}|\d{4,}/g, '#').slice(0, 80)}`;
}

function shown({ method, target, headers, body, caller }: Sent): string {
  const lines = headers.map(([name, value]) => `${name}: ${value.slice(0, 200)}`);
  return [`${method} ${target} (as ${caller})`, ...lines, body?.toString('utf8').slice(0, 1000) ?? ''].join(
    '\n',
  );
}

export function describe({ problems, plan, exchange, seed }: Violation): string {
  return [
    ...problems.map((problem) => `✗ ${plan.operation}: ${problem}`),
    exchange,
    `seed ${seed}, ${JSON.stringify(plan).slice(0, 1500)}`,
    '',
  ].join('\n');
}
