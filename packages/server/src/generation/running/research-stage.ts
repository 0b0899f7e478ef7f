/** Before an answer from the internet: the research, its progress and its sources in the log, its text in the prompt. */
import type { OrganizationSettings } from '../../domain/organization.ts';
import type { ModelCall } from '../../domain/usage.ts';
import type { ModelMessage } from '../../models/language-model.ts';
import { splitSection } from '../../research/prompt.ts';
import type { Ask } from '../../research/queries.ts';
import type { Research, Researcher } from '../../research/research.ts';
import { TokenEstimate } from '../context/token-estimate.ts';
import { promptBudget } from '../plan/context-window.ts';
import type { RunPlan } from '../plan/plan.ts';
import type { Job, JobDependencies } from './job.ts';

/** Share of the prompt's room that text from the web may take. */
const sourcesShare = 0.5;
const queryTokens = 200;

const turnedOff = 'The internet is turned off in this organization, so this answer was written without it.';

const stopped =
  'The server stopped while it searched the web for this answer, so it was written without sources.';

export interface ResearchStage {
  /** The text for the prompt; empty if nothing was researched. */
  readonly promptSection: string;
}

export const withoutResearch: ResearchStage = { promptSection: '' };

/** Whether the web is to be researched for an answer, or it is to be said in the log why it is not. */
export function isResearched(
  { live, plan }: Pick<Job, 'live' | 'plan'>,
  { researcher }: Pick<JobDependencies, 'researcher'>,
): boolean {
  return plan.internet && researcher !== undefined && !live.message.hasSources;
}

/**
 * Researches the last message of `messages`. If a dead process had begun the research (`wasBegun`), the answer continues
 * without: what was found in the web may be what ended the process. `modelCalls` gets the calls that write the search queries.
 * @throws the abort reason, if the generation is cancelled meanwhile
 */
export async function researchFor(
  job: Job,
  messages: readonly ModelMessage[],
  dependencies: JobDependencies,
  modelCalls: ModelCall[],
  wasBegun: boolean,
): Promise<ResearchStage> {
  const { live, plan, accounting } = job;
  const { researcher, writer, sideCalls } = dependencies;
  if (researcher === undefined || !isResearched(job, dependencies)) return withoutResearch;
  const append = (event: Parameters<typeof live.append>[0]): void => {
    live.append(event);
    writer.touch(live, true);
  };
  const without = (notice: string): ResearchStage => {
    append({ type: 'sources', sources: [], notice });
    return withoutResearch;
  };
  if (wasBegun) return without(stopped);
  const settings = await sideCalls.settings(accounting);
  if (settings.internet === 'off') return without(turnedOff);
  if (!plan.model.followsPrompts) {
    return without(`The ${plan.model.provider} cannot read the web; it answers without it.`);
  }
  const ask = await askFor(job, settings, modelCalls, dependencies);
  const { sources, notice, promptSection } = await research(job, messages, researcher, ask, append);
  append({ type: 'sources', sources, ...(notice === undefined ? {} : { notice }) });
  return { promptSection };
}

function research(
  { live, plan, accounting }: Job,
  messages: readonly ModelMessage[],
  researcher: Researcher,
  ask: Asking | undefined,
  append: (event: Parameters<typeof live.append>[0]) => void,
): Promise<Research> {
  const turns = messages.flatMap(({ role, text }) =>
    role === 'user' || role === 'assistant' ? [{ role, text }] : [],
  );
  const question = turns.pop()?.text ?? '';
  return researcher.research({
    question,
    history: turns,
    ...ask,
    countTokens: (text) => plan.model.countTokens(text),
    budgetTokens: Math.floor(promptBudget(plan) * sourcesShare),
    onStatus: (status) => append({ type: 'status', status }),
    signal: live.signal,
    owner: accounting.organizationId,
  });
}

interface Asking {
  readonly ask: Ask;
  readonly instruction: string | undefined;
}

/** Undefined where neither the helper model nor the conversation's own writes good queries. */
async function askFor(
  { live, plan, accounting }: Job,
  settings: OrganizationSettings,
  modelCalls: ModelCall[],
  { sideCalls }: JobDependencies,
): Promise<Asking | undefined> {
  const writer = await sideCalls.writer(plan, accounting, settings);
  if (!writer.model.writesQueries) return undefined;
  return {
    instruction: settings.queryPrompt ?? undefined,
    ask: (prompt, { signal }) =>
      sideCalls.ask(writer, accounting, {
        purpose: 'query',
        generationId: live.id,
        messages: [{ role: 'user', text: prompt }],
        replyTokens: queryTokens,
        temperature: 0,
        signal,
        onCall: (call) => modelCalls.push(call),
      }),
  };
}

/**
 * Puts what was found into the prompt: our own words about it into the system message, the text of web pages, which
 * strangers wrote, before the user's last message, as one more of the user's.
 */
export function withResearch(
  messages: readonly ModelMessage[],
  promptSection: string,
): readonly ModelMessage[] {
  if (promptSection === '') return messages;
  const { instructions, sources } = splitSection(promptSection);
  const [first, ...rest] = messages;
  const told: ModelMessage[] =
    first?.role === 'system'
      ? [{ role: 'system', text: `${first.text}\n\n${instructions}` }, ...rest]
      : [{ role: 'system', text: instructions }, ...messages];
  if (sources === '') return told;
  const question = told.findLastIndex(({ role }) => role === 'user');
  return told.toSpliced(question < 0 ? told.length : question, 0, { role: 'user', text: sources });
}

/** The section, shortened to its share of the prompt's room; its last line, which says where it ends, stays. */
export function shortenSection(section: string, plan: RunPlan): string {
  const most = Math.floor(promptBudget(plan) * sourcesShare);
  const tokens = section === '' ? 0 : new TokenEstimate(plan.model).ofText(section);
  if (tokens <= most) return section;
  const lastLine = section.slice(section.lastIndexOf('\n') + 1);
  const kept = section.slice(0, Math.floor((section.length * most) / tokens)).toWellFormed();
  return `${kept}\n…\n${lastLine}`;
}
