/** Models of organizations. */
import { sql } from 'kysely';
import {
  defaultRequestSettings,
  type LearntAboutPrompts,
  type LearntFacts,
  type ModelRecord,
  type Provider,
  type RefusableParameter,
  type RequestSettings,
} from '../../domain/model.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import { statement } from '../statement.ts';
import type { Database, Flag, ModelTable } from '../tables.ts';
import { type Page, type PageRequest, readPage } from './page.ts';

export function toModel(row: ModelTable): ModelRecord {
  return {
    id: row.id,
    organizationId: row.organization_id,
    name: row.name,
    provider: row.provider as Provider,
    preset: row.preset,
    model: row.model,
    baseUrl: row.base_url,
    addressIsGuarded: row.address_is_guarded === 1,
    apiKeyEncrypted: row.api_key_encrypted,
    apiKeyEnv: row.api_key_env,
    ...toContextWindow(row),
    learnt: toLearntFacts(row),
    learntAt: row.learnt_at,
    fallbacks: parse<readonly string[]>(row.fallbacks, []),
    ...toRequestSettings(row),
    maxOutputTokens: row.max_output_tokens,
    prices:
      row.price_input === null || row.price_output === null
        ? null
        : { input: row.price_input, output: row.price_output },
    isActive: row.is_active === 1,
    canContinue: row.can_continue === 1,
    fromEnvironment: row.from_environment === 1,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function parse<Value>(json: string | null, fallback: Value): Value {
  return json === null ? fallback : (JSON.parse(json) as Value);
}

function toContextWindow(row: ModelTable): Pick<ModelRecord, 'contextWindow' | 'contextWindowSource'> {
  const { context_window, context_window_source, learnt_context_window } = row;
  if (context_window_source !== 'set' && learnt_context_window !== null) {
    return { contextWindow: learnt_context_window, contextWindowSource: 'learnt' };
  }
  return { contextWindow: context_window, contextWindowSource: context_window_source ?? 'assumed' };
}

function toLearntFacts(row: ModelTable): LearntFacts {
  return {
    ...(row.learnt_context_window !== null && { contextWindow: row.learnt_context_window }),
    ...(row.refused_parameters !== null && {
      refusedParameters: parse<readonly RefusableParameter[]>(row.refused_parameters, []),
    }),
    ...(row.learnt_prompts !== null && { prompts: JSON.parse(row.learnt_prompts) as LearntAboutPrompts }),
  };
}

function toRequestSettings(row: ModelTable): RequestSettings {
  const fallback = defaultRequestSettings;
  return {
    sealedHeaders: parse(row.headers, fallback.sealedHeaders),
    sealedQuery: parse(row.query, fallback.sealedQuery),
    extraBody: parse(row.extra_body, fallback.extraBody),
    tokenField: row.token_field ?? fallback.tokenField,
    systemRole: row.system_role ?? fallback.systemRole,
    greetingRole: row.greeting_role ?? fallback.greetingRole,
    thinkTags: row.think_tags ?? fallback.thinkTags,
    stream: row.stream === null ? fallback.stream : row.stream === 1,
    timeouts: parse(row.timeouts, fallback.timeouts),
    maxRetries: row.max_retries,
  };
}

const byId = statement<{ organization_id: string; id: string }, ModelTable>((db, param) =>
  db
    .selectFrom('model')
    .selectAll()
    .where('id', '=', param('id'))
    .where('organization_id', '=', param('organization_id')),
);

const active = statement<{ organization_id: string; after: string; limit: number }, ModelTable>((db, param) =>
  db
    .selectFrom('model')
    .selectAll()
    .where('organization_id', '=', param('organization_id'))
    .where('is_active', '=', sql.lit<Flag>(1))
    .where('id', '>', param('after'))
    .orderBy('id')
    .limit(param('limit')),
);

export async function findModel(
  db: Database,
  scope: OrganizationScope,
  id: string,
): Promise<ModelRecord | undefined> {
  const [row] = await byId(db, { organization_id: scope.organizationId, id });
  return row && toModel(row);
}

const activeNamed = statement<{ organization_id: string; name: string; by_name: string }, ModelTable>(
  (db, param) =>
    db
      .selectFrom('model')
      .selectAll()
      .where('organization_id', '=', param('organization_id'))
      .where('is_active', '=', sql.lit<Flag>(1))
      .where((eb) => eb.or([eb('name', '=', param('name')), eb('model', '=', param('by_name'))]))
      .orderBy('id'),
);

/** The active model of a name, else that which its provider calls so; of several the oldest. */
export async function findActiveModelNamed(
  db: Database,
  scope: OrganizationScope,
  name: string,
): Promise<ModelRecord | undefined> {
  const rows = await activeNamed(db, { organization_id: scope.organizationId, name, by_name: name });
  const found = rows.find((row) => row.name === name) ?? rows[0];
  return found && toModel(found);
}

export async function listModels(
  db: Database,
  scope: OrganizationScope,
  page: PageRequest,
): Promise<Page<ModelRecord>> {
  const query = db.selectFrom('model').selectAll().where('organization_id', '=', scope.organizationId);
  return readPage(query, page, toModel);
}

/** Active models behind one, or the first ones, oldest first. */
export async function pageActiveModels(
  db: Database,
  scope: OrganizationScope,
  after: Pick<ModelRecord, 'id'> | undefined,
  limit: number,
): Promise<ModelRecord[]> {
  const page = { organization_id: scope.organizationId, after: after?.id ?? '', limit };
  return (await active(db, page)).map(toModel);
}

/** Names of active models without prices, which a budget does not bound; the guide costs nothing. */
export async function readUnpricedModels(
  db: Database,
  { organizationId }: OrganizationScope,
  limit: number,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('model')
    .select('name')
    .where('organization_id', '=', organizationId)
    .where('is_active', '=', 1)
    .where('provider', '!=', 'guide')
    .where((eb) => eb.or([eb('price_input', 'is', null), eb('price_output', 'is', null)]))
    .orderBy('name')
    .limit(limit)
    .execute();
  return rows.map(({ name }) => name);
}
