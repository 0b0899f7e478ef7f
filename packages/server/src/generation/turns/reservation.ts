/**
 * What a turn reserves of the limits that are counted in the store. It reserves for the dearest model that may answer,
 * and for the longest answer that the turn may have; one without a bound gets one, of what is left.
 */
import { AppError } from '../../domain/errors.ts';
import { type SubjectLimits, subjectName } from '../../domain/limits/limits.ts';
import type { ModelRecord } from '../../domain/model.ts';
import type { Scope } from '../../domain/scope.ts';
import type { StoredLimits } from '../../limits/stored-limits.ts';
import type { Reserved } from '../../store/commands/reservations.ts';
import { readHistorySize } from '../../store/queries/histories.ts';
import type { Database } from '../../store/store.ts';
import { costOfTokens, fewestBytesPerToken } from '../calls/call-bounds.ts';
import { contextWindowOf, systemPromptOf, tokensPerMessage } from '../plan/context-window.ts';
import { boundedPlan, type RunPlan } from '../plan/plan.ts';

export interface ReservationRequest {
  readonly scope: Scope;
  readonly limits: readonly SubjectLimits[];
  /** The session whose messages the model sees too; null for a new one. */
  readonly sessionId: string | null;
  readonly text: string;
}

/** An answer to a turn without `max_tokens` gets at most so many tokens where they are limited, and at least so many. */
const longestAnswerTokens = 4096;
const shortestAnswerTokens = 64;
/** Tokens that what was found in the web adds to a prompt. */
const researchTokens = 8192;

export interface PlannedReservation {
  readonly reserved: Reserved;
  /** The bound of the answer, in tokens; undefined where no limit bounds it. */
  readonly maxTokens?: number;
}

/** Undefined where no limit of the store holds. */
export async function planReservation(
  reads: Database,
  stored: StoredLimits,
  { scope, limits, sessionId, text }: ReservationRequest,
  plan: RunPlan,
): Promise<PlannedReservation | undefined> {
  if (limits.length === 0) return undefined;
  const subjects = await stored.counted(scope.organizationId, limits);
  if (subjects.length === 0) return undefined;
  if (!subjects.some(boundsTokens)) return { reserved: { subjects, tokens: 0, cost: 0 } };
  const promptTokens = await promptBound(reads, sessionId, text, plan);
  const records = await candidates(plan, subjects);
  const maxTokens = plan.parameters.maxTokens ?? (await answerBound(stored, subjects, promptTokens, records));
  const cost = Math.max(...records.map((record) => costOfTokens(record, promptTokens, maxTokens)));
  return { reserved: { subjects, tokens: promptTokens + maxTokens, cost }, maxTokens };
}

/** The plan with the longest answer that a turn of who has these limits may have. */
export function withLongestAnswer(plan: RunPlan, limits: readonly SubjectLimits[]): RunPlan {
  if (plan.parameters.maxTokens !== undefined || !limits.some(boundsTokens)) return plan;
  return boundedPlan(plan, longestAnswerTokens);
}

function boundsTokens({ limits }: SubjectLimits): boolean {
  return limits.tokens_per_day !== undefined || limits.budget_per_month !== undefined;
}

async function promptBound(
  reads: Database,
  sessionId: string | null,
  text: string,
  plan: RunPlan,
): Promise<number> {
  const history = sessionId === null ? { bytes: 0, messages: 0 } : await readHistorySize(reads, sessionId);
  const bytes = history.bytes + Buffer.byteLength(text) + Buffer.byteLength(systemPromptOf(plan));
  const tokens = Math.ceil(bytes / fewestBytesPerToken) + (history.messages + 2) * tokensPerMessage;
  return Math.min(tokens + (plan.internet ? researchTokens : 0), contextWindowOf(plan));
}

/** The models that may answer; only money asks for more than the first one. */
async function candidates(
  plan: RunPlan,
  subjects: readonly SubjectLimits[],
): Promise<readonly ModelRecord[]> {
  const records = [plan.record];
  if (subjects.every(({ limits }) => limits.budget_per_month === undefined)) return records;
  for (const fallback of plan.fallbacks ?? []) {
    try {
      records.push((await fallback.open()).record);
    } catch (error) {
      // One that can't be opened can't answer.
      if (!(error instanceof AppError)) throw error;
    }
  }
  return records;
}

async function answerBound(
  stored: StoredLimits,
  subjects: readonly SubjectLimits[],
  promptTokens: number,
  records: readonly ModelRecord[],
): Promise<number> {
  const consumed = await stored.consumed(subjects);
  let bound = longestAnswerTokens;
  for (const subject of subjects) {
    const { tokens_per_day: tokens, budget_per_month: budget } = subject.limits;
    const used = consumed.get(subjectName(subject));
    if (tokens !== undefined) bound = Math.min(bound, tokens - (used?.tokens_per_day ?? 0) - promptTokens);
    if (budget === undefined) continue;
    const money = budget - (used?.budget_per_month ?? 0);
    for (const record of records) {
      const perToken = costOfTokens(record, 0, 1);
      if (perToken === 0) continue;
      bound = Math.min(bound, Math.floor((money - costOfTokens(record, promptTokens, 0)) / perToken));
    }
  }
  return Math.max(shortestAnswerTokens, bound);
}
