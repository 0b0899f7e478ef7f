/** Keeps what calls of a model have shown. */
import {
  type LearntAboutPrompts,
  type LearntFacts,
  learntWindowBounds,
  type RefusableParameter,
  refusableParameters,
} from '../../domain/model.ts';
import { type CommandContext, forUpdate } from '../command-context.ts';

export interface LearnAboutModel {
  readonly organizationId: string;
  readonly id: string;
  /** `updatedAt` of the record with which the facts were learnt. */
  readonly updatedAt: number;
  /** A window, and what is known of prompts, replace what was learnt before; refused parameters are added. */
  readonly facts: LearntFacts;
  readonly now: number;
}

/** Whether something new was kept: nothing is where the model was changed or deleted meanwhile. */
export async function learnAboutModel(context: CommandContext, args: LearnAboutModel): Promise<boolean> {
  const { db } = context;
  const query = db
    .selectFrom('model')
    .select(['learnt_context_window', 'refused_parameters', 'learnt_prompts'])
    .where('id', '=', args.id)
    .where('organization_id', '=', args.organizationId)
    .where('updated_at', '=', args.updatedAt);
  const row = await forUpdate(context, query).executeTakeFirst();
  if (row === undefined) return false;
  const known = new Set(
    row.refused_parameters === null ? [] : (JSON.parse(row.refused_parameters) as RefusableParameter[]),
  );
  const refused = refusableParameters.filter(
    (name) => known.has(name) || args.facts.refusedParameters?.includes(name),
  );
  const window = plausibleWindow(args.facts.contextWindow) ?? row.learnt_context_window;
  const prompts = plausiblePrompts(args.facts.prompts) ?? row.learnt_prompts;
  const isKnown =
    window === row.learnt_context_window && refused.length === known.size && prompts === row.learnt_prompts;
  if (isKnown) return false;
  await db
    .updateTable('model')
    .set({
      learnt_context_window: window,
      refused_parameters: refused.length === 0 ? null : JSON.stringify(refused),
      learnt_prompts: prompts,
      learnt_at: args.now,
    })
    .where('id', '=', args.id)
    .execute();
  return true;
}

function plausibleWindow(tokens: number | undefined): number | undefined {
  if (tokens === undefined || !Number.isSafeInteger(tokens)) return undefined;
  return tokens >= learntWindowBounds.least && tokens <= learntWindowBounds.most ? tokens : undefined;
}

/** As JSON with its fields in one order. */
function plausiblePrompts(prompts: LearntAboutPrompts | undefined): string | undefined {
  if (prompts === undefined || !(prompts.countRatio > 0 && prompts.countRatio <= 1)) return undefined;
  const { countRatio, promptTokens, answerTokens } = prompts;
  return JSON.stringify({
    countRatio,
    ...(isFigure(promptTokens) && { promptTokens }),
    ...(isFigure(answerTokens) && { answerTokens }),
  });
}

function isFigure(tokens: number | undefined): boolean {
  return Number.isSafeInteger(tokens) && (tokens ?? 0) > 0 && (tokens ?? 0) <= learntWindowBounds.most;
}
