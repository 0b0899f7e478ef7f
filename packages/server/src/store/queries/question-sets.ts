/** Reads sets of questions, and what can be taken into one from a conversation. */
import { type RawBuilder, sql } from 'kysely';
import { loopTurn } from '../../concurrency/loop-turn.ts';
import { maxQuestionTurns } from '../../domain/evaluation/question-set.ts';
import type { Creator, OrganizationScope } from '../../domain/scope.ts';
import { isBlank } from '../../domain/text/blank.ts';
import type { Database } from '../tables.ts';
import { toCreator } from './creators.ts';
import { type Page, type PageRequest, readPage } from './page.ts';
import type { QuestionSetTable } from './question-tables.ts';
import { pathFrom } from './threads.ts';

export interface QuestionSetRecord {
  readonly id: string;
  readonly name: string;
  /** How many questions it has. */
  readonly questions: number;
  readonly createdBy: Creator | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface QuestionRecord {
  readonly id: string;
  /** What the user says, turn by turn; at least one text. */
  readonly turns: readonly string[];
  /** The conversation that it was taken from; null: it was written. */
  readonly conversationId: string | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

/** Whether a question has a text left: of the row of `question` that the query reads. */
export function hasTurns(): RawBuilder<boolean> {
  return sql<boolean>`exists (select 1 from question_turn where question_turn.question_id = question.id)`;
}

type SetRow = QuestionSetTable & { readonly questions: number | string };

function toQuestionSet(row: SetRow): QuestionSetRecord {
  return {
    id: row.id,
    name: row.name,
    questions: Number(row.questions),
    createdBy: toCreator(row),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function setsOf(db: Database, { organizationId }: OrganizationScope) {
  return db
    .selectFrom('question_set')
    .selectAll()
    .select((eb) =>
      eb
        .selectFrom('question')
        .select((count) => count.fn.countAll<number | string>().as('count'))
        .whereRef('question.question_set_id', '=', 'question_set.id')
        .where(hasTurns())
        .$asScalar()
        .$notNull()
        .as('questions'),
    )
    .where('organization_id', '=', organizationId);
}

/** The sets, oldest first. */
export function listQuestionSets(
  db: Database,
  scope: OrganizationScope,
  page: PageRequest,
): Promise<Page<QuestionSetRecord>> {
  return readPage(setsOf(db, scope), page, toQuestionSet);
}

export async function findQuestionSet(
  db: Database,
  scope: OrganizationScope,
  id: string,
): Promise<QuestionSetRecord | undefined> {
  const row = await setsOf(db, scope).where('id', '=', id).executeTakeFirst();
  return row && toQuestionSet(row);
}

/** The questions of a set, in its order. The caller has checked the scope of the set. */
export async function readQuestions(db: Database, questionSetId: string): Promise<readonly QuestionRecord[]> {
  const rows = await db
    .selectFrom('question')
    .innerJoin('question_turn', 'question_turn.question_id', 'question.id')
    .select(['question.id', 'question.conversation_id', 'question.created_at', 'question_turn.text'])
    .where('question.question_set_id', '=', questionSetId)
    .orderBy('question.position')
    .orderBy('question.id')
    .orderBy('question_turn.position')
    .execute();
  return [...Map.groupBy(rows, ({ id }) => id)].flatMap(([id, turns]) => {
    const [first] = turns;
    if (first === undefined) return [];
    const { conversation_id: conversationId, created_at: createdAt } = first;
    return [{ id, turns: turns.map(({ text }) => text), conversationId, createdAt }];
  });
}

export async function findQuestion(
  db: Database,
  questionSetId: string,
  id: string,
): Promise<QuestionRecord | undefined> {
  return (await readQuestions(db, questionSetId)).find((question) => question.id === id);
}

/** Which of some messages are the user's in a conversation, and have words. Undefined: there is no such conversation. */
export async function findQuestionsAmong(
  db: Database,
  { organizationId }: OrganizationScope,
  conversationId: string,
  messageIds: readonly string[],
): Promise<ReadonlySet<string> | undefined> {
  const conversation = await db
    .selectFrom('conversation')
    .select('id')
    .where('id', '=', conversationId)
    .where('organization_id', '=', organizationId)
    .where('expires_at', 'is', null)
    .executeTakeFirst();
  if (conversation === undefined) return undefined;
  const rows = await db
    .selectFrom('message')
    .select(['id', 'text'])
    .where('id', 'in', [...messageIds])
    .where('conversation_id', '=', conversationId)
    .where('role', '=', 'user')
    .execute();
  return new Set(rows.filter(({ text }) => !isBlank(text)).map(({ id }) => id));
}

/** Messages whose texts are looked at at once. */
const messagesAtOnce = 20;

/**
 * The first messages of the user with words in the shown branch of a session, in their order, as many as a question may
 * have. `sessionId` absent: the session that was used last. Undefined: there is no such conversation, or no such session
 * in it.
 */
export async function findFirstQuestions(
  db: Database,
  { organizationId }: OrganizationScope,
  { conversationId, sessionId }: { readonly conversationId: string; readonly sessionId: string | undefined },
): Promise<readonly string[] | undefined> {
  let query = db
    .selectFrom('conversation')
    .leftJoin('session', 'session.conversation_id', 'conversation.id')
    .select('session.head_message_id')
    .where('conversation.id', '=', conversationId)
    .where('conversation.organization_id', '=', organizationId)
    .where('conversation.expires_at', 'is', null);
  if (sessionId !== undefined) query = query.where('session.id', '=', sessionId);
  const found = await query
    .orderBy('session.updated_at', 'desc')
    .orderBy('session.id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (found === undefined) return undefined;
  const asked: string[] = [];
  if (found.head_message_id !== null)
    for await (const { id, role } of pathFrom(db, found.head_message_id)) if (role === 'user') asked.push(id);
  const chosen: string[] = [];
  for (const ids = asked.reverse(); ids.length > 0 && chosen.length < maxQuestionTurns; ) {
    await loopTurn();
    const some = ids.splice(0, messagesAtOnce);
    const rows = await db.selectFrom('message').select(['id', 'text']).where('id', 'in', some).execute();
    const worded = new Set(rows.filter(({ text }) => !isBlank(text)).map(({ id }) => id));
    chosen.push(...some.filter((id) => worded.has(id)));
  }
  return chosen.slice(0, maxQuestionTurns);
}
