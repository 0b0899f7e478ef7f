/**
 * Fits a history to a model: the system prompt and the answered message always, the messages before it from the
 * newest on while there is room, and for the older ones their summary, where there is one.
 */
import type { SummaryRecord } from '../../domain/session.ts';
import type { ModelMessage } from '../../models/language-model.ts';
import { findOnChain, type HistoryEntry, readHistory } from '../../store/queries/histories.ts';
import { readSummariesBefore } from '../../store/queries/summaries.ts';
import type { Database } from '../../store/store.ts';
import type { MessageRange, StoredReceipt } from '../context-receipt.ts';
import { askedText } from '../plan/asked.ts';
import { promptBudget, systemPromptOf, tokensPerMessage } from '../plan/context-window.ts';
import type { RunPlan } from '../plan/plan.ts';
import { firstPageSize, type HistoryUnit, historyUnits } from './history-units.ts';
import { costlyMessage, mostTokens, toModelMessages } from './model-messages.ts';
import { receiptHead } from './receipt.ts';
import { summaryForModel } from './summary-for-model.ts';
import { TokenEstimate } from './token-estimate.ts';

export interface ContextRequest {
  /** The message to answer. */
  readonly messageId: string;
  readonly sessionId: string;
  /** Text from the web that the caller adds to the prompt; room is kept for it. */
  readonly sources?: string | undefined;
  /** Messages that follow the history, as they are. Default: the history's own last message is answered. */
  readonly following?: readonly ModelMessage[] | undefined;
  /** The beginning of an answer that is continued; room is kept for it. */
  readonly begun?: string | undefined;
}

export interface FittedContext {
  /** Oldest first, the system message at the beginning. */
  readonly messages: readonly ModelMessage[];
  /** Whether nothing was left out. */
  readonly isWhole: boolean;
  /** Whether messages were left out that no summary tells of. */
  readonly isGapped: boolean;
  /** What the context holds; computed at each call. */
  receipt(): StoredReceipt;
}

/** Share of the prompt's room that older messages may not take, since tokens are estimated. */
const safetyShare = 0.05;
/** Summaries of other branches that may come before the one that holds. */
const maxCandidates = 8;
/** Most messages between the newest ones and a summary; beyond that, the summary is not used. */
const maxGap = 2000;

type Unit = HistoryUnit<HistoryEntry>;

/** The context of messages that are at hand, and are all that the model is sent; nothing is read for it. */
export function firstContext(
  plan: RunPlan,
  messages: readonly ModelMessage[],
  request: Pick<ContextRequest, 'messageId' | 'sources'>,
): FittedContext {
  const { messageId } = request;
  return {
    messages: promptMessages(plan, undefined, messages),
    isWhole: true,
    isGapped: false,
    receipt: () =>
      toReceipt(plan, request, {
        summary: undefined,
        history: messages.slice(0, -1),
        message: messages.slice(-1),
        whole: { count: messages.length, first_message_id: messageId, last_message_id: messageId },
        wholeFromPosition: 0,
        dropped: null,
      }),
  };
}

/** Reads no further back than the budget reaches. */
export async function fitContext(
  reads: Database,
  plan: RunPlan,
  request: ContextRequest,
): Promise<FittedContext> {
  const estimate = new TokenEstimate(plan.model);
  const room = historyRoom(plan, request, estimate);
  const selection = await selectNewest(reads, request.messageId, room, estimate);
  const { units, overflow } = selection;
  let summary: SummaryRecord | undefined;
  let unread = 0;
  if (overflow !== undefined) {
    const found = await findSummaryFor(reads, request, selection, room);
    summary = found?.summary;
    unread = found?.unread ?? 0;
    trim(units, summary, room, estimate);
  }
  const whole = units.toReversed().flatMap((unit) => unit.entries);
  const isComplete = overflow === undefined;
  const gap = isComplete ? null : gapBefore(selection, whole[0], summary, unread);
  const { following = [] } = request;
  const messages = [...(await toModelMessages(reads, whole)), ...following];
  return {
    messages: promptMessages(plan, summary, messages),
    isWhole: isComplete,
    isGapped: gap?.isSendable === true,
    receipt: () =>
      toReceipt(plan, request, {
        summary,
        history: whole.slice(0, -1).map(costlyMessage),
        message: whole.slice(-1).map(costlyMessage),
        whole: {
          count: whole.length,
          first_message_id: whole[0]?.id ?? request.messageId,
          last_message_id: request.messageId,
        },
        wholeFromPosition: isComplete ? 0 : (whole[0]?.position ?? 0),
        dropped: gap?.range ?? null,
      }),
  };
}

/** Tokens that the answered message and the history may take, a summary included. */
export function historyRoom(
  plan: RunPlan,
  request: Pick<ContextRequest, 'sources' | 'begun' | 'following'>,
  estimate: TokenEstimate,
): number {
  if (plan.keepsHistory === true) return Number.POSITIVE_INFINITY;
  const budget = promptBudget(plan);
  const following = (request.following ?? []).reduce((sum, message) => sum + estimate.ofWhole(message), 0);
  return (
    Math.floor(budget * (1 - safetyShare)) -
    estimate.ofMessage(systemPromptOf(plan)) -
    estimate.ofMessage(askedText(plan.asked)) -
    estimate.ofMessage(request.sources ?? '') -
    estimate.ofMessage(request.begun ?? '') -
    following
  );
}

export function unitTokens(unit: Unit, estimate: TokenEstimate): number {
  let tokens = 0;
  for (const entry of unit.entries) tokens += estimate.ofWhole(costlyMessage(entry));
  return tokens;
}

interface Selection {
  /** Those that fit, newest first; the answered message's is always there. */
  readonly units: Unit[];
  /** All that were looked at, newest first: at least the first one that did not fit. */
  readonly read: Unit[];
  readonly overflow: Unit | undefined;
}

async function selectNewest(
  reads: Database,
  messageId: string,
  room: number,
  estimate: TokenEstimate,
): Promise<Selection> {
  const units: Unit[] = [];
  const read: Unit[] = [];
  // While even the bytes fit, which are at least as many as the tokens, nothing need be counted.
  let isCounting = false;
  let used = 0;
  let overflow: Unit | undefined;
  let entryCount = 0;
  for await (const unit of historyUnits(messageId, (id, limit) => readHistory(reads, id, limit))) {
    read.push(unit);
    entryCount += unit.entries.length;
    // What was read in one go is looked at to its end, so that the receipt can tell of it.
    if (overflow !== undefined && entryCount >= firstPageSize) break;
    if (overflow !== undefined || !unit.isSendable) continue;
    if (!isCounting) {
      const most = unit.entries.reduce((sum, entry) => sum + mostTokens(entry) + tokensPerMessage, 0);
      if (used + most <= room) {
        used += most;
        units.push(unit);
        continue;
      }
      isCounting = true;
      used = units.reduce((sum, taken) => sum + unitTokens(taken, estimate), 0);
    }
    used += unitTokens(unit, estimate);
    if (used <= room || units.length === 0) units.push(unit);
    else if (entryCount < firstPageSize) overflow = unit;
    else return { units, read, overflow: unit };
  }
  return { units, read, overflow };
}

/** The summary that reaches furthest among those whose last message is an ancestor. */
async function findSummaryFor(
  reads: Database,
  request: ContextRequest,
  selection: Selection,
  room: number,
): Promise<{ readonly summary: SummaryRecord; readonly unread: number } | undefined> {
  const entries = selection.read.flatMap((unit) => unit.entries.toReversed());
  const answered = entries[0];
  const oldest = entries.at(-1);
  if (answered === undefined || oldest === undefined) return undefined;
  const all = await readSummariesBefore(reads, request.sessionId, answered.position, maxCandidates);
  const candidates = all.filter((one) => one.tokenCount + tokensPerMessage <= room / 2);
  if (candidates.length === 0) return undefined;
  const readIds = new Set(entries.map((entry) => entry.id));
  const near = candidates.find((one) => readIds.has(one.throughMessageId));
  if (near !== undefined) return { summary: near, unread: 0 };
  if (oldest.parentId === null) return undefined;
  const found = await findOnChain(
    reads,
    oldest.parentId,
    candidates.map((one) => one.throughMessageId),
    Math.min(...candidates.map((one) => one.throughPosition)),
    maxGap,
  );
  const summary = candidates.find((one) => one.throughMessageId === found?.id);
  return summary === undefined || found === undefined ? undefined : { summary, unread: found.distance };
}

/** Takes the oldest units away: such as the summary covers, as it needs room for, and as begin in mid-turn. */
function trim(
  units: Unit[],
  summary: SummaryRecord | undefined,
  room: number,
  estimate: TokenEstimate,
): void {
  const dropOldest = (isTooMuch: (oldest: Unit) => boolean): void => {
    while (units.length > 1) {
      const oldest = units[units.length - 1] as Unit;
      if (!isTooMuch(oldest)) return;
      units.pop();
    }
  };
  if (summary !== undefined) {
    dropOldest((oldest) => (oldest.entries[0]?.position ?? 0) <= summary.throughPosition);
    let used = summary.tokenCount + tokensPerMessage;
    for (const unit of units) used += unitTokens(unit, estimate);
    dropOldest((oldest) => {
      if (used <= room) return false;
      used -= unitTokens(oldest, estimate);
      return true;
    });
  }
  dropOldest((oldest) => oldest.entries[0]?.role === 'assistant' || !oldest.isSendable);
}

/** The messages between the summary, or the beginning, and the first whole one. */
function gapBefore(
  selection: Selection,
  firstWhole: HistoryEntry | undefined,
  summary: SummaryRecord | undefined,
  unread: number,
): { readonly range: MessageRange; readonly isSendable: boolean } | null {
  const last = firstWhole?.parentId ?? null;
  if (firstWhole === undefined || last === null) return null;
  const through = summary?.throughPosition ?? -1;
  const isBetween = (entry: HistoryEntry): boolean =>
    entry.position < firstWhole.position && entry.position > through;
  const between = selection.read.flatMap((unit) => unit.entries.toReversed()).filter(isBetween);
  const oldestRead = selection.read.at(-1)?.entries[0];
  const reachesBack = summary === undefined ? oldestRead?.parentId === null : summary.isComplete;
  const count = between.length + unread;
  if (count === 0 && reachesBack) return null;
  const isSendable =
    unread > 0 ||
    (summary === undefined && !reachesBack) ||
    selection.read.some((unit) => unit.isSendable && unit.entries.some(isBetween));
  const isCounted = reachesBack && unread === 0;
  return {
    range: {
      count: reachesBack ? count : null,
      first_message_id: isCounted ? (between.at(-1)?.id ?? null) : null,
      last_message_id: last,
    },
    isSendable,
  };
}

function promptMessages(
  plan: RunPlan,
  summary: SummaryRecord | undefined,
  messages: readonly ModelMessage[],
): ModelMessage[] {
  const parts = [systemPromptOf(plan), ...(summary === undefined ? [] : [summaryForModel(summary.text)])];
  const text = parts.filter((part) => part !== '').join('\n\n');
  return text === '' ? [...messages] : [{ role: 'system', text }, ...messages];
}

interface ReceiptFacts {
  readonly summary: SummaryRecord | undefined;
  readonly history: readonly ModelMessage[];
  readonly message: readonly ModelMessage[];
  readonly whole: MessageRange;
  readonly wholeFromPosition: number;
  readonly dropped: MessageRange | null;
}

function toReceipt(
  plan: RunPlan,
  request: Pick<ContextRequest, 'sources'>,
  facts: ReceiptFacts,
): StoredReceipt {
  const { summary } = facts;
  const estimate = new TokenEstimate(plan.model);
  const tokensOf = (texts: readonly string[]): number =>
    texts.reduce((sum, text) => sum + estimate.ofMessage(text), 0);
  const system = tokensOf([systemPromptOf(plan), askedText(plan.asked)]);
  const tokensOfAll = (messages: readonly ModelMessage[]): number =>
    messages.reduce((sum, message) => sum + estimate.ofWhole(message), 0);
  const message = tokensOfAll(facts.message);
  const sources = tokensOf([request.sources ?? '']);
  return {
    ...receiptHead(plan),
    budget_tokens: promptBudget(plan),
    sections: [
      { section: 'system', tokens: system },
      { section: 'summary', tokens: summary === undefined ? 0 : summary.tokenCount + tokensPerMessage },
      { section: 'history', tokens: tokensOfAll(facts.history) },
      { section: 'message', tokens: message },
      { section: 'sources', tokens: sources },
    ],
    whole: facts.whole,
    summarised:
      summary === undefined
        ? null
        : {
            count: summary.messageCount,
            first_message_id: summary.firstMessageId,
            last_message_id: summary.throughMessageId,
          },
    dropped: facts.dropped,
    summary: summary === undefined ? null : { id: summary.id, version: summary.version },
    whole_from_position: facts.wholeFromPosition,
    summarised_through_position: summary?.throughPosition ?? null,
  };
}
