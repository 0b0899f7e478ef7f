/** What conversations and end users are filtered by: the generations that they have. */
import { type RawBuilder, sql } from 'kysely';
import type { GenerationStatus } from '../../domain/generation.ts';
import type { TimeRange } from '../queries/page.ts';

/** What is absent is not looked at. The range is that of when they were made. */
export interface ActivityFilter extends TimeRange {
  /** Of the newest generation. */
  readonly status?: GenerationStatus | undefined;
  readonly modelId?: string | undefined;
  readonly personaId?: number | undefined;
  readonly apiKeyId?: string | undefined;
}

/** Whether the generations of an owner pass; `ofOwner` is the condition that finds them, in an index. */
export function passes(ofOwner: RawBuilder<unknown>, filter: ActivityFilter): RawBuilder<boolean> {
  const { status, modelId, personaId, apiKeyId } = filter;
  const has = (condition: RawBuilder<unknown>) =>
    sql<boolean>`exists (select 1 from generation where ${ofOwner} and ${condition})`;
  const conditions: RawBuilder<boolean>[] = [];
  if (status !== undefined) conditions.push(sql<boolean>`${newestStatus(ofOwner)} = ${status}`);
  if (modelId !== undefined) conditions.push(has(sql`generation.model_id = ${modelId}`));
  if (personaId !== undefined) conditions.push(has(sql`generation.persona_id = ${personaId}`));
  if (apiKeyId !== undefined) conditions.push(has(sql`generation.api_key_id = ${apiKeyId}`));
  return conditions.length === 0 ? sql<boolean>`1 = 1` : sql<boolean>`${sql.join(conditions, sql` and `)}`;
}

/** The status of an owner's newest generation; null without one. */
export function newestStatus(ofOwner: RawBuilder<unknown>): RawBuilder<GenerationStatus | null> {
  return sql<GenerationStatus | null>`(select generation.status from generation where ${ofOwner}
    order by generation.created_at desc, generation.id desc limit 1)`;
}

/** Whether some rows may not pass. */
export function isFiltering({ status, modelId, personaId, apiKeyId }: ActivityFilter): boolean {
  return [status, modelId, personaId, apiKeyId].some((value) => value !== undefined);
}
