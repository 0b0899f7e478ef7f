/** Paths in the tree of a session's messages. What the chain of a long session costs is read in steps. */
import { sql } from 'kysely';
import { loopTurn } from '../../concurrency/loop-turn.ts';
import type { GenerationStatus } from '../../domain/generation.ts';
import { isShown, type MessageRole, shownRoles } from '../../domain/message.ts';
import { statement } from '../statement.ts';
import type { Database } from '../tables.ts';
import { inSteps, type StepRows } from './page.ts';

/** A message of a path, without its text. */
export interface PathEntry {
  readonly id: string;
  readonly parentId: string | null;
  readonly sessionId: string;
  readonly role: MessageRole;
  readonly position: number;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/**
 * Messages of a path that are read at once. On SQLite, what stands behind a long text in its row is found by reading the
 * text's pages: some 0.5 ms for 760 KB.
 */
const pathRows: StepRows = { fewest: 8, most: 500 };

const chainFrom = statement<{ id: string; limit: number }, PathEntry>(
  (_db, param) => sql`with recursive chain (id, depth) as (
      select id, 1 from message where id = ${param('id')}
      union all
      select m.parent_id, chain.depth + 1 from chain join message m on m.id = chain.id
      where m.parent_id is not null and chain.depth < ${param('limit')}
    )
    select m.id, m.parent_id as "parentId", m.session_id as "sessionId", m.role, m.position, m.created_at as "createdAt"
    from chain join message m on m.id = chain.id order by chain.depth`,
);

/** A message and its ancestors, newest first, across sessions. The caller has checked the scope. */
export function pathFrom(db: Database, messageId: string): AsyncGenerator<PathEntry, void> {
  return inSteps<PathEntry>(async (last, limit) => {
    const id = last === undefined ? messageId : last.parentId;
    return id === null ? [] : chainFrom(db, { id, limit });
  }, pathRows);
}

/** Whether a message is another one or an ancestor of it. */
export async function isOnPath(db: Database, messageId: string, leafId: string | null): Promise<boolean> {
  if (leafId === null) return false;
  for await (const { id } of pathFrom(db, leafId)) if (id === messageId) return true;
  return false;
}

/**
 * The first message of a path, of those that are shown, that was made at a time or later; the last one where all are
 * older; undefined: none is shown.
 */
export async function firstSince(db: Database, leafId: string, epochMs: number): Promise<string | undefined> {
  let found: string | undefined;
  for await (const entry of pathFrom(db, leafId)) {
    if (!isShown(entry)) continue;
    if (found !== undefined && entry.createdAt < epochMs) break;
    found = entry.id;
  }
  return found;
}

const childrenOf = statement<{ parent_id: string; session_id: string }, { id: string; position: number }>(
  (db, param) =>
    db
      .selectFrom('message')
      .select(['id', 'position'])
      .where('parent_id', '=', param('parent_id'))
      .where('session_id', '=', param('session_id'))
      .orderBy('position'),
);

/** The end of the branch that goes through a message: its newest child in the session, and so on. */
export async function newestLeaf(db: Database, sessionId: string, messageId: string): Promise<string> {
  for (let leaf = messageId; ; ) {
    await loopTurn();
    const newest = (await childrenOf(db, { parent_id: leaf, session_id: sessionId })).at(-1);
    if (newest === undefined) return leaf;
    leaf = newest.id;
  }
}

/**
 * The messages that stand beside each of some, itself included, oldest first: those with the same parent in the same session.
 * Messages that stand alone are left out.
 */
export async function readSiblings(
  db: Database,
  entries: readonly PathEntry[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const parents = [...new Set(entries.flatMap(({ parentId }) => parentId ?? []))];
  const roots = [...new Set(entries.flatMap((entry) => (entry.parentId === null ? entry.sessionId : [])))];
  const query = db
    .selectFrom('message')
    .select(['id', 'parent_id', 'session_id'])
    .where('role', 'in', [...shownRoles]);
  const children =
    parents.length === 0 ? [] : await query.where('parent_id', 'in', parents).orderBy('position').execute();
  const first =
    roots.length === 0
      ? []
      : await query
          .where('session_id', 'in', roots)
          .where('parent_id', 'is', null)
          .orderBy('position')
          .execute();
  const beside = Map.groupBy([...children, ...first], (row) => `${row.session_id}:${row.parent_id}`);
  const siblings = new Map<string, readonly string[]>();
  for (const { id, sessionId, parentId } of entries) {
    const all = beside.get(`${sessionId}:${parentId}`) ?? [];
    if (all.length > 1)
      siblings.set(
        id,
        all.map((row) => row.id),
      );
  }
  return siblings;
}

/** Tells which messages lie on the path to the head of their session, and reads each path no further than it must. */
export class CurrentMessages {
  readonly #db: Database;
  readonly #paths = new Map<string, CurrentPath>();

  constructor(db: Database) {
    this.#db = db;
  }

  async isCurrent(message: Pick<PathEntry, 'id' | 'sessionId' | 'position'>): Promise<boolean> {
    const { sessionId } = message;
    let path = this.#paths.get(sessionId);
    if (path === undefined) {
      const row = await this.#db
        .selectFrom('session')
        .select('head_message_id')
        .where('id', '=', sessionId)
        .executeTakeFirst();
      path = new CurrentPath(this.#db, sessionId, row?.head_message_id ?? null);
      this.#paths.set(sessionId, path);
    }
    return path.has(message);
  }
}

class CurrentPath {
  readonly #sessionId: string;
  readonly #rest: AsyncGenerator<PathEntry, void> | undefined;
  readonly #ids = new Set<string>();
  #lowest = Number.POSITIVE_INFINITY;

  constructor(db: Database, sessionId: string, headId: string | null) {
    this.#sessionId = sessionId;
    this.#rest = headId === null ? undefined : pathFrom(db, headId);
  }

  async has({ id, position }: Pick<PathEntry, 'id' | 'position'>): Promise<boolean> {
    while (this.#lowest > position && this.#rest !== undefined) {
      const next = await this.#rest.next();
      if (next.done === true) break;
      this.#lowest = next.value.position;
      if (next.value.sessionId === this.#sessionId) this.#ids.add(next.value.id);
    }
    return this.#ids.has(id);
  }
}

/** The messages on the paths to the heads of sessions, in the order of their conversation. */
export async function currentIds(
  db: Database,
  sessions: readonly { readonly id: string; readonly headMessageId: string | null }[],
): Promise<readonly string[]> {
  const found: PathEntry[] = [];
  for (const { id, headMessageId } of sessions) {
    if (headMessageId === null) continue;
    for await (const entry of pathFrom(db, headMessageId)) {
      if (entry.sessionId !== id) break;
      if (isShown(entry)) found.push(entry);
    }
  }
  return found.sort((a, b) => a.position - b.position).map(({ id }) => id);
}

const liveIn = statement<{ session_id: string }, { id: string }>((db, param) =>
  db
    .selectFrom('generation')
    .innerJoin('message', 'message.id', 'generation.message_id')
    .select('generation.id')
    .where('generation.session_id', '=', param('session_id'))
    .where('generation.status', 'in', [
      sql.lit<GenerationStatus>('queued'),
      sql.lit<GenerationStatus>('running'),
    ])
    .orderBy('message.position')
    .limit(sql.lit(1)),
);

/** The generation that runs in a session, or waits there first; null: none. */
export async function readRunning(db: Database, sessionId: string): Promise<string | null> {
  return (await liveIn(db, { session_id: sessionId }))[0]?.id ?? null;
}
