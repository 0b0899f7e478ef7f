/** Writes the next summary of a session whose next turn would no longer fit whole. */
import { newId } from '../../domain/ids.ts';
import type { SummaryRecord } from '../../domain/session.ts';
import type { ModelCall } from '../../domain/usage.ts';
import { type HistoryEntry, readHistory, readSessionHead } from '../../store/queries/histories.ts';
import { readSummariesBefore } from '../../store/queries/summaries.ts';
import type { Database, Store } from '../../store/store.ts';
import type { Accounting } from '../calls/accounting.ts';
import { type SideCalls, thinkingTokens, usableWindow, type Writer } from '../calls/side-calls.ts';
import { historyRoom, unitTokens } from '../context/fit-context.ts';
import { type HistoryUnit, historyUnits } from '../context/history-units.ts';
import { isOverflow } from '../context/overflow.ts';
import { TokenEstimate } from '../context/token-estimate.ts';
import { promptBudget, tokensPerMessage } from '../plan/context-window.ts';
import type { RunPlan } from '../plan/plan.ts';
import { summaryOf, summaryPrompt } from './summary-prompt.ts';

export interface SummaryJob {
  readonly sessionId: string;
  readonly plan: RunPlan;
  /** The model that writes: the organization's helper model, or the conversation's own. */
  readonly writer: Writer;
  /** The organization's instruction; null: the built-in one. */
  readonly prompt: string | null;
  /** Accounts for the calls of models. */
  readonly accounting: Accounting;
}

export interface SummaryJobDependencies {
  readonly store: Store;
  readonly sideCalls: SideCalls;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** Shares of the history's room: how full it must be for a summary to be made, and how much then stays whole. */
export const fullShare = 0.75;
const keptShare = 0.5;
/** Most tokens of messages in one call, whatever the model could take. */
const maxChunkTokens = 16_000;
/** Most calls of one job. Messages too old for them are never summarised. */
const maxChunks = 8;
/** Tokens of a summary at most, and the share of the prompt's room below that. */
const maxSummaryTokens = 1000;
const summaryShare = 0.1;
/** Tokens of the instructions of a call. */
const instructionTokens = 300;
/** Tokens that the messages of a call must have room for; a model without is not asked for summaries. */
const minChunkTokens = 200;
const maxCandidates = 32;

type Unit = HistoryUnit<HistoryEntry>;

interface Sizes {
  readonly summaryTokens: number;
  readonly chunkTokens: number;
}

/** Undefined if the model's window is too small for summaries. */
function sizesFor({ plan, writer, prompt }: SummaryJob): Sizes | undefined {
  // A helper may be smaller than the model that answers.
  const window = Math.min(promptBudget(plan), usableWindow(writer));
  const target = Math.min(maxSummaryTokens, Math.floor(window * summaryShare));
  const summaryTokens = Math.min(target, writer.record.maxOutputTokens ?? target);
  const ownTokens = prompt === null ? 0 : writer.model.countTokens(prompt);
  // The earlier summary stands in the prompt, the new one comes as the answer; a model may overrun its words.
  const room =
    usableWindow(writer) * 0.9 - thinkingTokens(writer) - instructionTokens - ownTokens - 4 * summaryTokens;
  const chunkTokens = Math.min(maxChunkTokens, Math.floor(room));
  return chunkTokens < minChunkTokens ? undefined : { summaryTokens, chunkTokens };
}

/**
 * Resolves with the new version, or null where none is due. Throws what the model or the store threw; what was
 * reached until then is stored.
 */
export async function summarise(
  job: SummaryJob,
  dependencies: SummaryJobDependencies,
): Promise<number | null> {
  let sizes = sizesFor(job);
  if (sizes === undefined) return null;
  const due = await findDue(dependencies.store.reads, job, sizes);
  if (due === undefined) return null;
  const writing = new Writing(job, due.previous, due.isComplete, dependencies);
  let failure: unknown;
  let { units } = due;
  while (failure === undefined && units.length > 0) {
    try {
      for (const chunk of toChunks(units, sizes, job.writer)) {
        await writing.add(chunk, sizes);
        units = units.slice(chunk.units);
      }
    } catch (error) {
      // The writer's window has turned out smaller: what is left is cut into smaller pieces.
      const smaller = isOverflow(error) ? sizesFor(job) : undefined;
      if (smaller !== undefined && smaller.chunkTokens < sizes.chunkTokens) sizes = smaller;
      else failure = error;
    }
  }
  const { version } = await dependencies.store.execute('storeSummary', writing.result());
  if (failure !== undefined) throw failure;
  return version;
}

interface Due {
  readonly previous: SummaryRecord | undefined;
  /** Messages to summarise, oldest first. */
  readonly units: readonly Unit[];
  readonly isComplete: boolean;
}

/** What a summary should take in now; undefined while the session's history fits comfortably. */
async function findDue(reads: Database, job: SummaryJob, sizes: Sizes): Promise<Due | undefined> {
  const { plan, sessionId } = job;
  const head = await readSessionHead(reads, sessionId);
  if (head === null) return undefined;
  const estimate = new TokenEstimate(plan.model);
  const room = historyRoom(plan, {}, estimate);
  const candidates = await readSummariesBefore(reads, sessionId, 2 ** 31 - 1, maxCandidates);
  const kept: Unit[] = [];
  const fallen: Unit[] = [];
  const maxFallenTokens = maxChunks * sizes.chunkTokens;
  let previous: SummaryRecord | undefined;
  let keptTokens = 0;
  let fallenTokens = 0;
  for await (const unit of historyUnits(head, (id, limit) => readHistory(reads, id, limit))) {
    previous = candidates.find((one) => unit.entries.some((entry) => entry.id === one.throughMessageId));
    if (previous !== undefined) break;
    const tokens = unitTokens(unit, estimate);
    const mustKeep = !kept.some(beginsTurn);
    if (mustKeep || (fallen.length === 0 && keptTokens + tokens <= room * keptShare)) {
      kept.push(unit);
      keptTokens += tokens;
    } else {
      // A single message counts for no more than a call can take.
      fallenTokens += Math.min(tokens, sizes.chunkTokens);
      if (fallenTokens > maxFallenTokens) {
        return toDue(kept, fallen, undefined, false);
      }
      fallen.push(unit);
    }
  }
  const used =
    keptTokens + fallenTokens + (previous === undefined ? 0 : previous.tokenCount + tokensPerMessage);
  if (used <= room * fullShare) return undefined;
  return toDue(kept, fallen, previous, previous?.isComplete ?? true);
}

function beginsTurn(unit: Unit): boolean {
  return unit.isSendable && unit.entries[0]?.role === 'user';
}

/** Makes the part that is not summarised begin with a user's message. */
function toDue(
  kept: readonly Unit[],
  fallen: readonly Unit[],
  previous: SummaryRecord | undefined,
  isComplete: boolean,
): Due | undefined {
  const firstKept = kept.findLastIndex(beginsTurn);
  const units = [...kept.slice(firstKept + 1), ...fallen].reverse();
  return units.some((unit) => unit.isSendable) ? { previous, units, isComplete } : undefined;
}

interface Chunk {
  /** How many units it takes in. */
  readonly units: number;
  readonly entries: readonly HistoryEntry[];
}

function* toChunks(units: readonly Unit[], sizes: Sizes, writer: Writer): Generator<Chunk, void> {
  const estimate = new TokenEstimate(writer.model);
  let entries: HistoryEntry[] = [];
  let used = 0;
  let count = 0;
  for (const unit of units) {
    const tokens = unit.isSendable ? Math.min(unitTokens(unit, estimate), sizes.chunkTokens) : 0;
    if (used + tokens > sizes.chunkTokens && used > 0) {
      yield { units: count, entries };
      entries = [];
      used = 0;
      count = 0;
    }
    // Messages that can't be sent count as covered, although the summary says nothing about them.
    for (const entry of unit.entries) {
      entries.push(unit.isSendable ? clip(entry, sizes.chunkTokens, estimate) : { ...entry, text: '' });
    }
    used += tokens;
    count += 1;
  }
  if (entries.length > 0) yield { units: count, entries };
}

/** A message too long for one call keeps its beginning and its end. */
function clip(entry: HistoryEntry, maxTokens: number, estimate: TokenEstimate): HistoryEntry {
  const tokens = estimate.ofMessage(entry.text);
  if (tokens <= maxTokens) return entry;
  const half = Math.floor((entry.text.length * maxTokens) / tokens / 2.2);
  const text = `${entry.text.slice(0, half)} […] ${entry.text.slice(-half)}`.toWellFormed();
  return { ...entry, text };
}

/** A summary as it grows, chunk by chunk, each taking in the text before. */
class Writing {
  readonly #job: SummaryJob;
  readonly #previous: SummaryRecord | undefined;
  readonly #isComplete: boolean;
  readonly #dependencies: SummaryJobDependencies;
  readonly #calls: ModelCall[] = [];
  #text: string | undefined;
  #first: HistoryEntry | undefined;
  #last: HistoryEntry | undefined;
  #count = 0;

  constructor(
    job: SummaryJob,
    previous: SummaryRecord | undefined,
    isComplete: boolean,
    dependencies: SummaryJobDependencies,
  ) {
    this.#job = job;
    this.#previous = previous;
    this.#isComplete = isComplete;
    this.#dependencies = dependencies;
    this.#text = previous?.text;
  }

  async add(chunk: Chunk, sizes: Sizes): Promise<void> {
    const spoken = chunk.entries.filter((entry) => entry.text !== '');
    if (spoken.length > 0) this.#text = await this.#ask(spoken, sizes);
    this.#first ??= chunk.entries[0];
    this.#last = chunk.entries.at(-1);
    this.#count += chunk.entries.length;
  }

  async #ask(spoken: readonly HistoryEntry[], { summaryTokens }: Sizes): Promise<string> {
    const { writer, accounting, prompt } = this.#job;
    const { sideCalls, signal } = this.#dependencies;
    const reply = await sideCalls.ask(writer, accounting, {
      purpose: 'summary',
      generationId: null,
      messages: summaryPrompt({ earlier: this.#text, spoken, maxTokens: summaryTokens, prompt }),
      replyTokens: 2 * summaryTokens,
      signal,
      onCall: (call) => this.#calls.push(call),
    });
    const text = summaryOf(reply);
    if (text === undefined) throw new Error('the reply of the model holds no summary');
    return text;
  }

  result(): {
    summary: Omit<SummaryRecord, 'version'> | null;
    newMessageCount: number;
    modelCalls: readonly ModelCall[];
  } {
    const { plan, writer, sessionId } = this.#job;
    const [first, last, text, previous] = [this.#first, this.#last, this.#text, this.#previous];
    if (first === undefined || last === undefined || text === undefined) {
      return { summary: null, newMessageCount: 0, modelCalls: this.#calls };
    }
    const summary: Omit<SummaryRecord, 'version'> = {
      id: newId(),
      sessionId,
      previousId: previous?.id ?? null,
      firstMessageId: previous?.firstMessageId ?? first.id,
      throughMessageId: last.id,
      throughPosition: last.position,
      messageCount: (previous?.messageCount ?? 0) + this.#count,
      isComplete: this.#isComplete,
      text,
      tokenCount: plan.model.countTokens(text),
      modelId: writer.record.id,
      createdAt: this.#dependencies.now(),
    };
    return { summary, newMessageCount: this.#count, modelCalls: this.#calls };
  }
}
