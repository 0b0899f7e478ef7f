/** One generation from its prompt to its outcome: what the model is asked, the run, and what it cost. */

import { AppError, notFound } from '../../domain/errors.ts';
import type { Outcome } from '../../domain/generation.ts';
import type { SamplingParameters } from '../../domain/persona.ts';
import { isBlank } from '../../domain/text/blank.ts';
import { addUsage, type ModelCall, type Usage, unknownUsage } from '../../domain/usage.ts';
import type { ModelMessage, ModelRequest } from '../../models/language-model.ts';
import { findMessageParts } from '../../store/queries/message-parts.ts';
import { findMessageText } from '../../store/queries/messages.ts';
import type { Database } from '../../store/store.ts';
import { modelCall, type SpentCall } from '../calls/accounting.ts';
import { estimateUsage } from '../calls/estimate-usage.ts';
import { type ContextRequest, type FittedContext, firstContext, fitContext } from '../context/fit-context.ts';
import { countPrompt, isSmaller, learnFromOverflow } from '../context/overflow.ts';
import type { LiveGeneration } from '../log/live-generation.ts';
import { answerBound } from '../plan/context-window.ts';
import { type RunPlan, requestedModel } from '../plan/plan.ts';
import { type CallManner, type Refit, runModel } from './call-model.ts';
import type { Job, JobDependencies, JobEnd } from './job.ts';
import {
  isResearched,
  type ResearchStage,
  researchFor,
  shortenSection,
  withoutResearch,
  withResearch,
} from './research-stage.ts';
import { Tries } from './tries.ts';

/** Asks a model that cannot continue a prefix for the rest of its answer. */
const continueInstruction =
  'Your last answer was cut off. Continue it exactly where it stops, without repeating anything and without any introduction.';

/**
 * Asks the job's model, and as long as nothing of an answer has come, what may be tried in its place. Gives null if the
 * generation was dropped: another process has it now. @throws what keeps it from starting, where nothing was asked
 *
 * The first question of a conversation leaves within this call, before anything is awaited: whoever waits for the turn
 * to be accepted is answered while the provider works. So what can be had at once is not awaited here.
 */
export async function runJob(job: Job, dependencies: JobDependencies): Promise<JobEnd | null> {
  const { live } = job;
  // A log that already has text was left by a dead process; the call that wrote it is lost, but it was paid for.
  const recovered = live.message.text();
  const { continueFrom } = job;
  const isRepeat = recovered === '' && continueFrom !== undefined;
  const begun = isRepeat ? await repeatEarlier(job, continueFrom, dependencies) : recovered;
  const run: Run = {
    job,
    dependencies,
    recovered,
    begun,
    research: undefined,
    modelCalls: [],
    researchWasBegun: live.message.hasResearchStatus,
  };
  const spent: Usage[] = [];
  let answering = job.plan;
  let stored = job.facts.model.id;
  let end: TryEnd | undefined;
  const result = (outcome: Outcome): JobEnd => ({
    plan: answering,
    outcome: { ...outcome, usage: spent.reduce(addUsage, unknownUsage) },
    modelCalls: withRequest(run.modelCalls),
  });
  try {
    const tries = new Tries(job.plan, dependencies.breakers);
    for (;;) {
      const next = tries.next();
      const current = next instanceof Promise ? await next : next;
      if (current === undefined) break;
      const { plan, watch, hasOther } = current;
      try {
        if (plan.record.id !== stored) {
          await dependencies.switchModel(plan);
          stored = plan.record.id;
        }
        answering = plan;
        const tried = await tryPlan(run, plan, { watch, isHurried: hasOther });
        if (tried === null) return null;
        end = tried;
        spent.push(...tried.spent);
      } finally {
        watch.ended();
      }
      if (!end.isOpen || live.isCancelled) break;
    }
  } catch (error) {
    if (run.modelCalls.length === 0) throw error;
    return result(dependencies.outcomeOf(error));
  }
  if (end === undefined) throw new Error('a generation has no model to try');
  return result(end.outcome);
}

/** Marks the call that the generation ended with: the last one that was asked for the answer. */
function withRequest(calls: readonly ModelCall[]): readonly ModelCall[] {
  const last = calls.findLast(({ purpose }) => purpose === 'answer' || purpose === 'fallback');
  return calls.map((call) => (call === last ? { ...call, isRequest: true } : call));
}

/** What the tries of a generation share. */
interface Run {
  readonly job: Job;
  readonly dependencies: JobDependencies;
  /** What a dead process had written. */
  readonly recovered: string;
  /** What the answer begins with. */
  readonly begun: string;
  /** Whether a dead process had begun to search the web. */
  readonly researchWasBegun: boolean;
  /** What was found in the web, once for all tries. */
  research: ResearchStage | undefined;
  readonly modelCalls: ModelCall[];
}

interface TryEnd {
  readonly outcome: Outcome;
  readonly spent: readonly Usage[];
  /** Whether another model may be asked. */
  readonly isOpen: boolean;
}

async function tryPlan(run: Run, plan: RunPlan, manner: CallManner): Promise<TryEnd | null> {
  try {
    return await callOnce(run, plan, manner);
  } catch (error) {
    if (!(error instanceof AppError) || run.job.live.signal.aborted) throw error;
    const { code, message } = error;
    const outcome: Outcome = {
      status: 'failed',
      finish_reason: null,
      usage: unknownUsage,
      error: { code, message },
    };
    return { outcome, spent: [], isOpen: true };
  }
}

/** @throws AppError where the model is not asked: the conversation does not fit */
async function callOnce(run: Run, plan: RunPlan, manner: CallManner): Promise<TryEnd | null> {
  const { job, dependencies, recovered, begun } = run;
  const { live } = job;
  const { reads, now } = dependencies;
  const context = { messageId: job.replyTo, sessionId: live.identity.sessionId, begun };
  const fit = (sources?: string): FittedContext | Promise<FittedContext> => {
    if (job.prompt === undefined) return fitContext(reads, plan, { ...context, sources });
    if (job.promptBehind === undefined) return firstContext(plan, job.prompt, { ...context, sources });
    return fitBehind(reads, plan, job.promptBehind, { begun, sources, following: job.prompt });
  };
  const fitting = fit();
  let fitted = fitting instanceof Promise ? await fitting : fitting;
  live.setContext(fitted);
  const refitWith = async (sources: string): Promise<void> => {
    fitted = await fit(sources);
    live.setContext(fitted);
  };
  const research =
    run.research ??
    // Behind the results of tools there is no new question.
    (fitted.messages.at(-1)?.role === 'user' && isResearched({ ...job, plan }, dependencies)
      ? await researchOnce(run, plan, fitted.messages)
      : withoutResearch);
  const isItsOwn = plan === job.plan;
  const found = isItsOwn ? research.promptSection : shortenSection(research.promptSection, plan);
  if (found !== '') await refitWith(found);
  const toAsk = (sources: string): ModelRequest => {
    const parameters = recovered === '' ? plan.parameters : remainingOf(plan, recovered);
    return toRequest({ ...plan, parameters }, withResearch(fitted.messages, sources), begun);
  };
  const refit: Refit = async (tooLong, overflow) => {
    if (plan.keepsHistory === true) return undefined;
    const counted = countPrompt(plan, tooLong);
    dependencies.learn(plan.record, learnFromOverflow(plan, overflow, counted));
    const sources = shortenSection(research.promptSection, plan);
    await refitWith(sources);
    const request = toAsk(sources);
    return isSmaller(request, tooLong) ? request : undefined;
  };
  const askedAt = now();
  const hadToken = live.firstTokenAt !== null;
  const end = await runModel(live, plan.model, toAsk(found), dependencies, refit, manner);
  const at = now();
  if (end.kind === 'dropped') return null;
  const { outcome, earlier, isOpen = false, isOfModel = false } = end;
  const before = earlier === undefined ? [] : [earlier];
  if (recovered !== '')
    before.push(estimateUsage(plan.model, { ...plan.asked, messages: fitted.messages }, recovered));
  for (const usage of before) run.modelCalls.push(answerCall(job, plan, { usage, at }));
  const isFailed = outcome.status === 'failed' && isOfModel;
  const times = {
    firstTokenMs: hadToken || live.firstTokenAt === null ? null : live.firstTokenAt - askedAt,
    durationMs: outcome.status === 'done' ? at - askedAt : null,
  };
  // Another model that stands in for it says nothing of its provider.
  if (plan.model.provider === plan.record.provider)
    live.noteProviderTimes({ provider: plan.record.provider, ...times });
  run.modelCalls.push(answerCall(job, plan, { usage: outcome.usage, isFailed, times, at }));
  return { outcome, spent: [...before, outcome.usage], isOpen };
}

/** The context of messages behind a stored one, which may have been deleted by now. */
async function fitBehind(
  reads: Database,
  plan: RunPlan,
  messageId: string,
  context: Omit<ContextRequest, 'messageId' | 'sessionId'>,
): Promise<FittedContext> {
  const message = await findMessageParts(reads, messageId);
  if (message === undefined) throw notFound('the message that the prompt follows');
  return await fitContext(reads, plan, { ...context, messageId, sessionId: message.sessionId });
}

async function researchOnce(
  run: Run,
  plan: RunPlan,
  messages: readonly ModelMessage[],
): Promise<ResearchStage> {
  const { job, dependencies, modelCalls, researchWasBegun } = run;
  run.research = await researchFor({ ...job, plan }, messages, dependencies, modelCalls, researchWasBegun);
  return run.research;
}

/** Estimates what an interrupted answer has cost. */
export async function estimateInterrupted(
  reads: Database,
  plan: RunPlan,
  replyTo: string,
  live: LiveGeneration,
): Promise<Usage> {
  const context = { messageId: replyTo, sessionId: live.identity.sessionId };
  const fitted = await fitContext(reads, plan, context);
  live.setContext(fitted);
  return estimateUsage(plan.model, { ...plan.asked, messages: fitted.messages }, live.message.everything());
}

function answerCall(
  { live, accounting }: Job,
  plan: RunPlan,
  call: Pick<SpentCall, 'usage' | 'isFailed' | 'times' | 'at'>,
): ModelCall {
  const purpose = plan.record.id === requestedModel(plan) ? 'answer' : 'fallback';
  return modelCall(accounting, { ...call, purpose, generationId: live.id, model: plan.record });
}

/** Puts the text of the answer to continue at the beginning of the log, and gives it. */
async function repeatEarlier(
  { live }: Job,
  messageId: string,
  { reads, writer }: JobDependencies,
): Promise<string> {
  const text = (await findMessageText(reads, messageId)) ?? '';
  if (text === '') return '';
  live.append({ type: 'part-started', kind: 'text' });
  live.append(text);
  writer.touch(live, true);
  return text;
}

/** The bound on the answer's length counts what was written before the crash. */
function remainingOf({ model, parameters }: RunPlan, written: string): SamplingParameters {
  const { maxTokens: bound } = parameters;
  if (bound === undefined) return parameters;
  return { ...parameters, maxTokens: Math.max(1, bound - model.countTokens(written)) };
}

function toRequest(plan: RunPlan, history: readonly ModelMessage[], begun: string): ModelRequest {
  const { messages, continueLast } = toMessages(plan, history, begun);
  const maxTokens = answerBound(plan, () => countPrompt(plan, { ...plan.asked, messages }));
  const parameters = { ...plan.parameters, ...(maxTokens !== undefined && { maxTokens }) };
  return { messages, parameters, ...plan.asked, ...(continueLast && { continueLast }) };
}

function toMessages(
  { model }: RunPlan,
  history: readonly ModelMessage[],
  begun: string,
): { readonly messages: readonly ModelMessage[]; readonly continueLast: boolean } {
  if (isBlank(begun)) return { messages: history, continueLast: false };
  const answer: ModelMessage = { role: 'assistant', text: begun };
  if (model.canContinue) return { messages: [...history, answer], continueLast: true };
  const instruction: ModelMessage = { role: 'user', text: continueInstruction };
  return { messages: [...history, answer, instruction], continueLast: false };
}
