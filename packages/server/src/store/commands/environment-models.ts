/** Stores the models that the environment offers as models of an organization. */
import type { Preset, Provider } from '../../domain/model.ts';
import type { CommandContext } from '../command-context.ts';
import type { Flag, ModelTable } from '../tables.ts';

export interface EnvironmentModel {
  /** Id that the model gets if it is new. */
  readonly id: string;
  readonly name: string;
  readonly provider: Provider;
  /** Default null. */
  readonly preset?: Preset | null;
  readonly model: string;
  readonly baseUrl: string | null;
  readonly apiKeyEnv: string | null;
  /** Size of the context window, in tokens; null if it is not known. */
  readonly contextWindow: number | null;
  /** Default `assumed`. */
  readonly contextWindowSource?: 'listed' | 'assumed';
  readonly maxOutputTokens?: number | null;
}

/** A provider whose list of models can't be read now. */
export interface UnreadList {
  readonly provider: Provider;
  readonly preset: Preset | null;
  readonly baseUrl: string | null;
}

/** A model, or whatever was offered of a list that can't be read now; where nothing was, `otherwise`. */
export type EnvironmentEntry =
  | EnvironmentModel
  | { readonly unread: UnreadList; readonly otherwise: readonly EnvironmentModel[] };

type WindowColumns = Pick<ModelTable, 'context_window' | 'context_window_source'>;

/** The columns of what calls have shown, empty. */
export const nothingLearnt = {
  learnt_context_window: null,
  refused_parameters: null,
  learnt_prompts: null,
  learnt_at: null,
} as const;

/** What an administrator set stays, and what a list said is not replaced by what is assumed. */
function contextWindow(model: EnvironmentModel, found?: WindowColumns): WindowColumns {
  const source = model.contextWindow === null ? null : (model.contextWindowSource ?? 'assumed');
  const known = found?.context_window_source ?? null;
  if (found !== undefined && known !== null && (known === 'set' || source !== 'listed')) {
    return { context_window: found.context_window, context_window_source: known };
  }
  return { context_window: model.contextWindow, context_window_source: source };
}

export interface OfferedModel {
  readonly id: string;
  readonly isActive: boolean;
}

/**
 * Brings the organization's environment models to those that are offered: new ones are added, earlier ones updated
 * unless an administrator has changed them, and missing ones deactivated, never deleted; those of a list that can't be
 * read are not missing. The caller has locked the organization. Returns the offered models in the order given.
 */
export async function storeEnvironmentModels(
  context: CommandContext,
  organizationId: string,
  entries: readonly EnvironmentEntry[],
  now: number,
): Promise<readonly OfferedModel[]> {
  const { db } = context;
  const known = await db
    .selectFrom('model')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('from_environment', '=', 1)
    .orderBy('id')
    .execute();
  const offered: OfferedModel[] = [];
  const kept = new Set<string>();
  for (const model of entries.flatMap((entry) => toModels(entry, known))) {
    if ('row' in model) {
      kept.add(model.row.id);
      offered.push({ id: model.row.id, isActive: model.row.is_active === 1 });
      continue;
    }
    const found = known.find(
      (row) =>
        !kept.has(row.id) &&
        row.provider === model.provider &&
        row.preset === (model.preset ?? null) &&
        row.model === model.model,
    );
    if (found === undefined) {
      await insert(context, organizationId, model, now);
      offered.push({ id: model.id, isActive: true });
      continue;
    }
    kept.add(found.id);
    const isBack = found.left_environment === 1;
    const next = {
      base_url: model.baseUrl,
      address_is_guarded: null,
      api_key_env: model.apiKeyEnv,
      ...contextWindow(model, found),
      max_output_tokens: found.max_output_tokens ?? model.maxOutputTokens ?? null,
      is_active: isBack ? (1 as Flag) : found.is_active,
      left_environment: 0 as Flag,
    };
    const isElsewhere = next.base_url !== found.base_url;
    const isChanged = (Object.keys(next) as (keyof typeof next)[]).some((name) => next[name] !== found[name]);
    if (isChanged) {
      await db
        .updateTable('model')
        .set({ ...next, ...(isElsewhere && nothingLearnt), updated_at: now })
        .where('id', '=', found.id)
        .execute();
    }
    offered.push({ id: found.id, isActive: next.is_active === 1 });
  }
  for (const row of known) {
    if (kept.has(row.id) || row.is_active === 0) continue;
    await db
      .updateTable('model')
      .set({ is_active: 0, left_environment: 1, updated_at: now })
      .where('id', '=', row.id)
      .execute();
  }
  return offered;
}

/** The models that an entry stands for, those that were offered before as their rows. */
function toModels(
  entry: EnvironmentEntry,
  known: readonly ModelTable[],
): readonly (EnvironmentModel | { readonly row: ModelTable })[] {
  if (!('unread' in entry)) return [entry];
  const { provider, preset, baseUrl } = entry.unread;
  const rows = known.filter(
    (row) =>
      row.left_environment === 0 &&
      row.provider === provider &&
      row.preset === preset &&
      row.base_url === baseUrl,
  );
  return rows.length === 0 ? entry.otherwise : rows.map((row) => ({ row }));
}

async function insert(
  context: CommandContext,
  organizationId: string,
  model: EnvironmentModel,
  now: number,
): Promise<void> {
  await context.db
    .insertInto('model')
    .values({
      id: model.id,
      organization_id: organizationId,
      name: model.name,
      provider: model.provider,
      preset: model.preset ?? null,
      model: model.model,
      base_url: model.baseUrl,
      api_key_encrypted: null,
      api_key_env: model.apiKeyEnv,
      ...contextWindow(model),
      max_output_tokens: model.maxOutputTokens ?? null,
      price_input: null,
      price_output: null,
      is_active: 1,
      can_continue: 0,
      from_environment: 1,
      left_environment: 0,
      created_at: now,
      updated_at: now,
    })
    .execute();
}
