/** Before an answer from the internet: the research, its progress and its sources in the log, its text in the prompt. */
import type { ModelCall } from '../../domain/usage.ts';
import type { ModelMessage } from '../../models/language-model.ts';
import { modelCall } from '../calls/accounting.ts';
import { askModel } from '../calls/ask-model.ts';
import { promptBudget } from '../plan/context-window.ts';
import type { Job, JobDependencies } from './job.ts';

/** Share of the prompt's room that text from the web may take. */
const sourcesShare = 0.5;
const maxQueryTokens = 200;

export interface ResearchStage {
  /** The text for the prompt; empty if nothing was researched. */
  readonly promptSection: string;
  /** The calls that condensed the question. */
  readonly modelCalls: readonly ModelCall[];
}

/**
 * Researches the last message of `messages`. If a dead process had started this answer, it
 * continues without new research.
 * @throws the abort reason, if the generation is cancelled meanwhile
 */
export async function researchFor(
  job: Job,
  messages: readonly ModelMessage[],
  dependencies: JobDependencies,
): Promise<ResearchStage> {
  const { live, plan } = job;
  const { researcher, writer } = dependencies;
  const nothing: ResearchStage = { promptSection: '', modelCalls: [] };
  if (!plan.internet || researcher === undefined || live.message.hasSources) return nothing;
  const append = (event: Parameters<typeof live.append>[0]): void => {
    live.append(event);
    writer.touch(live, true);
  };
  if (!plan.model.followsPrompts) {
    const notice = `The ${plan.model.provider} cannot read the web; it answers without it.`;
    append({ type: 'sources', sources: [], notice });
    return nothing;
  }
  const modelCalls: ModelCall[] = [];
  const turns = messages.flatMap(({ role, text }) => (role === 'system' ? [] : [{ role, text }]));
  const question = turns.pop()?.text ?? '';
  const research = await researcher.research({
    question,
    history: turns,
    ask: plan.model.writesQueries
      ? (prompt, { signal }) => ask(job, prompt, signal, modelCalls, dependencies)
      : undefined,
    countTokens: (text) => plan.model.countTokens(text),
    budgetTokens: Math.floor(promptBudget(plan) * sourcesShare),
    onStatus: (status) => append({ type: 'status', status }),
    signal: live.signal,
  });
  const { sources, notice, promptSection } = research;
  append({ type: 'sources', sources, ...(notice === undefined ? {} : { notice }) });
  return { promptSection, modelCalls };
}

/** The web's text belongs to the system message, apart from what the user said. */
export function withResearch(
  messages: readonly ModelMessage[],
  promptSection: string,
): readonly ModelMessage[] {
  if (promptSection === '') return messages;
  const [first, ...rest] = messages;
  if (first?.role !== 'system') return [{ role: 'system', text: promptSection }, ...messages];
  return [{ role: 'system', text: `${first.text}\n\n${promptSection}` }, ...rest];
}

function ask(
  { live, plan, accounting }: Job,
  prompt: string,
  signal: AbortSignal,
  modelCalls: ModelCall[],
  { now }: JobDependencies,
): Promise<string> {
  return askModel(plan.model, {
    messages: [{ role: 'user', text: prompt }],
    parameters: { maxTokens: maxQueryTokens, temperature: 0 },
    signal,
    onSpent(usage) {
      const spent = {
        purpose: 'query',
        generationId: live.id,
        model: plan.record,
        usage,
        at: now(),
      } as const;
      modelCalls.push(modelCall(accounting, spent));
    },
  });
}
