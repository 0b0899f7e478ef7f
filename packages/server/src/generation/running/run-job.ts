/** One generation from its prompt to its outcome: what the model is asked, the run, and what it cost. */

import type { SamplingParameters } from '../../domain/persona.ts';
import { isBlank } from '../../domain/text/blank.ts';
import { estimatedUsage, type ModelCall, type Usage } from '../../domain/usage.ts';
import type { ModelMessage, ModelRequest } from '../../models/language-model.ts';
import { findMessageText } from '../../store/queries/messages.ts';
import type { Database } from '../../store/store.ts';
import { modelCall } from '../calls/accounting.ts';
import { estimateUsage } from '../calls/estimate-usage.ts';
import { type FittedContext, firstContext, fitContext } from '../context/fit-context.ts';
import type { LiveGeneration } from '../log/live-generation.ts';
import type { RunPlan } from '../plan/plan.ts';
import { runModel } from './call-model.ts';
import type { Job, JobDependencies, JobEnd } from './job.ts';
import { researchFor, withResearch } from './research-stage.ts';

/** Asks a model that cannot continue a prefix for the rest of its answer. */
const continueInstruction =
  'Your last answer was cut off. Continue it exactly where it stops, without repeating anything and without any introduction.';

/** Gives null if the generation was dropped: another process has it now. @throws what keeps it from starting */
export async function runJob(job: Job, dependencies: JobDependencies): Promise<JobEnd | null> {
  const { live, plan } = job;
  const { reads, now } = dependencies;
  // A log that already has text was left by a dead process; the call that wrote it is lost, but it was paid for.
  const recovered = live.message.text();
  const begun = recovered === '' ? await repeatEarlier(job, dependencies) : recovered;
  const context = { messageId: job.replyTo, sessionId: live.identity.sessionId, begun };
  const fit = (sources?: string): Promise<FittedContext> | FittedContext =>
    job.firstMessage === undefined
      ? fitContext(reads, plan, { ...context, sources })
      : firstContext(plan, job.firstMessage, { ...context, sources });
  let fitted = await fit();
  live.setContext(fitted);
  const research = await researchFor(job, fitted.messages, dependencies);
  if (research.promptSection !== '') {
    fitted = await fit(research.promptSection);
    live.setContext(fitted);
  }
  const history = withResearch(fitted.messages, research.promptSection);
  const parameters = recovered === '' ? plan.parameters : remainingOf(plan, recovered);
  const request = toRequest(plan, parameters, history, begun);
  const end = await runModel(live, plan.model, request, dependencies);
  if (end.kind === 'dropped') return null;
  const calls = [...research.modelCalls, answerCall(job, end.outcome.usage, now())];
  if (recovered === '') return { outcome: end.outcome, modelCalls: calls };
  const lost = estimateUsage(plan.model, history, recovered);
  calls.push(answerCall(job, lost, now()));
  return { outcome: { ...end.outcome, usage: sum(end.outcome.usage, lost) }, modelCalls: calls };
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
  return estimateUsage(plan.model, fitted.messages, live.message.everything());
}

function answerCall({ live, plan, accounting }: Job, usage: Usage, at: number): ModelCall {
  return modelCall(accounting, { purpose: 'answer', generationId: live.id, model: plan.record, usage, at });
}

/** Puts the text of the answer to continue at the beginning of the log, and gives it. */
async function repeatEarlier(job: Job, dependencies: JobDependencies): Promise<string> {
  if (job.continueFrom === undefined) return '';
  const text = (await findMessageText(dependencies.reads, job.continueFrom)) ?? '';
  if (text === '') return '';
  job.live.append({ type: 'part-started', kind: 'text' });
  job.live.append(text);
  dependencies.writer.touch(job.live, true);
  return text;
}

/** The bound on the answer's length counts what was written before the crash. */
function remainingOf({ model, parameters }: RunPlan, written: string): SamplingParameters {
  const { maxTokens: bound } = parameters;
  if (bound === undefined) return parameters;
  return { ...parameters, maxTokens: Math.max(1, bound - model.countTokens(written)) };
}

function toRequest(
  plan: RunPlan,
  parameters: SamplingParameters,
  history: readonly ModelMessage[],
  begun: string,
): ModelRequest {
  if (isBlank(begun)) return { messages: history, parameters };
  const answer: ModelMessage = { role: 'assistant', text: begun };
  if (plan.model.canContinue) return { messages: [...history, answer], parameters, continueLast: true };
  const instruction: ModelMessage = { role: 'user', text: continueInstruction };
  return { messages: [...history, answer, instruction], parameters };
}

function sum(one: Usage, other: Usage): Usage {
  return estimatedUsage(
    one.prompt_tokens + other.prompt_tokens,
    one.completion_tokens + other.completion_tokens,
  );
}
