/** Chat completions that are stored for good, and have ended. */
import { sql } from 'kysely';
import { type GenerationRecord, isTerminal } from '../../domain/generation.ts';
import type { Scope } from '../../domain/scope.ts';
import type { Database, GenerationRow } from '../tables.ts';
import { toGeneration } from './generations.ts';
import { inSteps, type TimePlace } from './page.ts';
import { isInScope } from './scope.ts';

export interface StoredCompletion {
  readonly generation: GenerationRecord;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface StoredCompletionsRequest {
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  readonly after: TimePlace | undefined;
  /** The model that was asked for, as it was named. */
  readonly model: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Generations that a page looks at, at most. */
const mostLookedAt = 5000;

export async function findStoredCompletion(
  db: Database,
  scope: Scope,
  id: string,
): Promise<StoredCompletion | undefined> {
  const row = await db.selectFrom('generation').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined || !isInScope(row, scope) || row.dialect !== 'completions') return undefined;
  return isTerminal(row.status) ? toStored(row) : undefined;
}

export async function pageStoredCompletions(
  db: Database,
  scope: Scope,
  { limit, order, after, model, metadata }: StoredCompletionsRequest,
): Promise<{ readonly found: readonly StoredCompletion[]; readonly hasMore: boolean }> {
  const behind = sql.raw(order === 'asc' ? '>' : '<');
  const rows = inSteps<GenerationRow>(async (last, atOnce) => {
    let query = db
      .selectFrom('generation')
      .selectAll()
      .where('organization_id', '=', scope.organizationId)
      .where('environment', '=', scope.environment)
      .where('dialect', '=', sql.lit<'completions'>('completions'))
      .where('metadata', 'is not', null)
      .orderBy('created_at', order)
      .orderBy('id', order)
      .limit(atOnce);
    if (scope.endUserId !== undefined)
      query =
        scope.endUserId === null
          ? query.where('end_user_id', 'is', null)
          : query.where('end_user_id', '=', scope.endUserId);
    const place = last === undefined ? after : { createdAt: last.created_at, id: last.id };
    if (place !== undefined)
      query = query.where(sql<boolean>`(created_at, id) ${behind} (${place.createdAt}, ${place.id})`);
    return query.execute();
  });
  const found: StoredCompletion[] = [];
  let lookedAt = 0;
  for await (const row of rows) {
    const stored = toStored(row);
    if (stored !== undefined && isTerminal(row.status) && fits(stored, model, metadata)) {
      if (found.length === limit) return { found, hasMore: true };
      found.push(stored);
    }
    lookedAt += 1;
    if (lookedAt === mostLookedAt) break;
  }
  return { found, hasMore: false };
}

function toStored(row: GenerationRow): StoredCompletion | undefined {
  if (row.metadata === null) return undefined;
  return { generation: toGeneration(row), metadata: JSON.parse(row.metadata) };
}

function fits(
  { generation, metadata }: StoredCompletion,
  model: string | undefined,
  wanted: Readonly<Record<string, string>>,
): boolean {
  const { model: asked } = (generation.parameters.request ?? {}) as { readonly model?: unknown };
  if (model !== undefined && asked !== model) return false;
  return Object.entries(wanted).every(([key, value]) => metadata[key] === value);
}
