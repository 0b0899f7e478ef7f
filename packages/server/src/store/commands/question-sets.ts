/** Makes, changes and deletes sets of questions. */
import { AppError, invalid, notFound } from '../../domain/errors.ts';
import {
  maxQuestionSetCharacters,
  maxQuestionSets,
  maxQuestions,
} from '../../domain/evaluation/question-set.ts';
import type { Creator } from '../../domain/scope.ts';
import { type CommandContext, forUpdate } from '../command-context.ts';
import { writeConflict } from '../constraint.ts';
import { creatorColumns } from '../queries/creators.ts';
import { hasTurns } from '../queries/question-sets.ts';
import { noteErasure } from './erasure.ts';

interface Addressed {
  readonly organizationId: string;
  readonly id: string;
}

/** A question that is written, with the id that it gets. */
export interface NewQuestion {
  readonly id: string;
  readonly turns: readonly string[];
}

export interface CreateQuestionSet extends Addressed {
  readonly name: string;
  readonly questions: readonly NewQuestion[];
  readonly createdBy: Creator | null;
  readonly now: number;
}

/** @throws AppError not_found (the organization), conflict (it has as many sets as it may), invalid_request (too long) */
export async function createQuestionSet(
  context: CommandContext,
  args: CreateQuestionSet,
): Promise<{ readonly id: string }> {
  const { db } = context;
  const { organizationId, id, now } = args;
  // Two at once must not both be the last one.
  const query = db.selectFrom('organization').select('id').where('id', '=', organizationId);
  const found = await forUpdate(context, query).executeTakeFirst();
  if (found === undefined) throw notFound('organization');
  const { count } = await db
    .selectFrom('question_set')
    .select((eb) => eb.fn.countAll<number | string>().as('count'))
    .where('organization_id', '=', organizationId)
    .executeTakeFirstOrThrow();
  if (Number(count) >= maxQuestionSets) {
    const message = `an organization has at most ${maxQuestionSets} sets of questions; delete one first`;
    throw new AppError('conflict', message);
  }
  await db
    .insertInto('question_set')
    .values({
      id,
      organization_id: organizationId,
      name: args.name,
      ...creatorColumns(args.createdBy),
      created_at: now,
      updated_at: now,
    })
    .execute();
  for (const [position, question] of args.questions.entries())
    await insertQuestion(context, { ...question, questionSetId: id, position, now });
  await requireRoom(context, id);
  return { id };
}

/** A question of the set that stays, or a new one. */
export type KeptOrNewQuestion = { readonly keptId: string } | NewQuestion;

export interface UpdateQuestionSet extends Addressed {
  readonly changes: {
    readonly name?: string;
    /** All that it has from then on, in this order. */
    readonly questions?: readonly KeptOrNewQuestion[];
  };
  readonly now: number;
}

/** `questions`: how many it has, if they are others than before, or in another order. */
export interface UpdatedQuestionSet {
  readonly questions: number | null;
}

/** @throws AppError not_found, invalid_request (a question that the set has not; too long) */
export async function updateQuestionSet(
  context: CommandContext,
  args: UpdateQuestionSet,
): Promise<UpdatedQuestionSet> {
  const { db } = context;
  const { id, now } = args;
  const { name, questions } = args.changes;
  await lockQuestionSet(context, args);
  const isReplaced = questions !== undefined && (await replaceQuestions(context, id, questions, now));
  if (name === undefined && !isReplaced) return { questions: null };
  await db
    .updateTable('question_set')
    .set({ ...(name !== undefined && { name }), updated_at: now })
    .where('id', '=', id)
    .execute();
  return { questions: isReplaced ? questions.length : null };
}

/** Whether anything differs then. @throws AppError invalid_request */
async function replaceQuestions(
  context: CommandContext,
  questionSetId: string,
  questions: readonly KeptOrNewQuestion[],
  now: number,
): Promise<boolean> {
  const { db } = context;
  await dropEmptyQuestions(context, questionSetId);
  const rows = await db
    .selectFrom('question')
    .select(['id', 'position'])
    .where('question_set_id', '=', questionSetId)
    .orderBy('position')
    .orderBy('id')
    .execute();
  const before = new Map(rows.map(({ id, position }) => [id, position]));
  const kept = new Set<string>();
  for (const [index, question] of questions.entries()) {
    if (!('keptId' in question)) continue;
    const field = `questions.${index}.id`;
    if (!before.has(question.keptId)) throw invalid(field, `${field} is no question of this set`);
    if (kept.has(question.keptId)) throw invalid(field, `${field} stands in the list twice`);
    kept.add(question.keptId);
  }
  const order = questions.map((question) => ('keptId' in question ? question.keptId : question.id));
  if (order.length === rows.length && rows.every(({ id }, index) => id === order[index])) return false;
  const gone = rows.map(({ id }) => id).filter((id) => !kept.has(id));
  if (gone.length > 0) {
    await db.deleteFrom('question').where('id', 'in', gone).execute();
    await noteErasure(context, now);
  }
  for (const [position, question] of questions.entries()) {
    if (!('keptId' in question)) await insertQuestion(context, { ...question, questionSetId, position, now });
    else if (before.get(question.keptId) !== position)
      await db.updateTable('question').set({ position }).where('id', '=', question.keptId).execute();
  }
  await requireRoom(context, questionSetId);
  return true;
}

/** @throws AppError not_found */
export async function deleteQuestionSet(
  context: CommandContext,
  { organizationId, id, now }: Addressed & { readonly now: number },
): Promise<null> {
  const deleted = await context.db
    .deleteFrom('question_set')
    .where('id', '=', id)
    .where('organization_id', '=', organizationId)
    .returning('id')
    .execute();
  if (deleted.length === 0) throw notFound('question set');
  await noteErasure(context, now);
  return null;
}

/** Deletes a set of an organization that is being erased; call it until `isDone`. */
export async function eraseQuestionSets(
  context: CommandContext,
  { organizationId, now }: { readonly organizationId: string; readonly now: number },
): Promise<{ readonly isDone: boolean }> {
  const found = await context.db
    .selectFrom('question_set')
    .select('id')
    .where('organization_id', '=', organizationId)
    .limit(1)
    .executeTakeFirst();
  if (found === undefined) return { isDone: true };
  await deleteQuestionSet(context, { organizationId, id: found.id, now });
  return { isDone: false };
}

export interface AddQuestion extends Addressed {
  readonly questionId: string;
  /** Texts, or messages of the user in a conversation of the organization, whose texts are taken. */
  readonly from:
    | { readonly turns: readonly string[] }
    | { readonly conversationId: string; readonly messageIds: readonly string[] };
  readonly now: number;
}

/**
 * Adds a question at the end.
 * @throws AppError not_found, conflict (the set has as many as it may; a message was deleted meanwhile), invalid_request
 */
export async function addQuestion(
  context: CommandContext,
  args: AddQuestion,
): Promise<{ readonly id: string }> {
  const { db } = context;
  const { id: questionSetId, questionId: id, from, now } = args;
  await lockQuestionSet(context, args);
  await dropEmptyQuestions(context, questionSetId);
  const { count, last } = await db
    .selectFrom('question')
    .select((eb) => [
      eb.fn.countAll<number | string>().as('count'),
      eb.fn.max<number | null>('position').as('last'),
    ])
    .where('question_set_id', '=', questionSetId)
    .executeTakeFirstOrThrow();
  if (Number(count) >= maxQuestions) {
    throw new AppError('conflict', `a set has at most ${maxQuestions} questions; delete one first`);
  }
  const place = { id, questionSetId, position: (last ?? -1) + 1, now };
  if ('turns' in from) await insertQuestion(context, { ...place, turns: from.turns });
  else await takeQuestion(context, place, from);
  await requireRoom(context, questionSetId);
  await touch(context, questionSetId, now);
  return { id };
}

/** @throws AppError not_found */
export async function deleteQuestion(
  context: CommandContext,
  args: Addressed & { readonly questionId: string; readonly now: number },
): Promise<null> {
  await lockQuestionSet(context, args);
  const deleted = await context.db
    .deleteFrom('question')
    .where('id', '=', args.questionId)
    .where('question_set_id', '=', args.id)
    .where(hasTurns())
    .returning('id')
    .execute();
  if (deleted.length === 0) throw notFound('question');
  await noteErasure(context, args.now);
  await touch(context, args.id, args.now);
  return null;
}

async function touch({ db }: CommandContext, id: string, now: number): Promise<void> {
  await db.updateTable('question_set').set({ updated_at: now }).where('id', '=', id).execute();
}

/** @throws AppError not_found */
async function lockQuestionSet(context: CommandContext, { organizationId, id }: Addressed): Promise<void> {
  const query = context.db
    .selectFrom('question_set')
    .select('id')
    .where('id', '=', id)
    .where('organization_id', '=', organizationId);
  if ((await forUpdate(context, query).executeTakeFirst()) === undefined) throw notFound('question set');
}

/** Those whose messages are all deleted. */
async function dropEmptyQuestions({ db }: CommandContext, questionSetId: string): Promise<void> {
  await db
    .deleteFrom('question')
    .where('question_set_id', '=', questionSetId)
    .where((eb) => eb.not(hasTurns()))
    .execute();
}

interface Place {
  readonly id: string;
  readonly questionSetId: string;
  readonly position: number;
  readonly now: number;
}

interface Turn {
  readonly text: string;
  readonly messageId: string | null;
}

async function insertQuestion(
  context: CommandContext,
  { turns, ...place }: Place & { readonly turns: readonly string[] },
): Promise<void> {
  await insertRows(
    context,
    place,
    null,
    turns.map((text) => ({ text, messageId: null })),
  );
}

/** @throws AppError conflict */
async function takeQuestion(
  context: CommandContext,
  place: Place,
  { conversationId, messageIds }: { readonly conversationId: string; readonly messageIds: readonly string[] },
): Promise<void> {
  const query = context.db
    .selectFrom('message')
    .select(['id', 'text'])
    .where('id', 'in', [...messageIds])
    .where('conversation_id', '=', conversationId)
    .orderBy('id');
  // A message that is read here is not deleted before the commit, with which its text would stay.
  const rows = await (context.engine === 'postgres' ? query.forKeyShare() : query).execute();
  const texts = new Map(rows.map(({ id, text }) => [id, text]));
  const turns = messageIds.flatMap((messageId): Turn[] => {
    const text = texts.get(messageId);
    return text === undefined ? [] : [{ text, messageId }];
  });
  if (turns.length < messageIds.length) throw writeConflict();
  await insertRows(context, place, conversationId, turns);
}

async function insertRows(
  { db }: CommandContext,
  { id, questionSetId, position, now }: Place,
  conversationId: string | null,
  turns: readonly Turn[],
): Promise<void> {
  await db
    .insertInto('question')
    .values({
      id,
      question_set_id: questionSetId,
      position,
      conversation_id: conversationId,
      created_at: now,
    })
    .execute();
  await db
    .insertInto('question_turn')
    .values(
      turns.map(({ text, messageId }, index) => ({
        question_id: id,
        position: index,
        text,
        message_id: messageId,
      })),
    )
    .execute();
}

/** @throws AppError invalid_request, if the texts of the set are too long together */
async function requireRoom({ db }: CommandContext, questionSetId: string): Promise<void> {
  const { characters } = await db
    .selectFrom('question')
    .innerJoin('question_turn', 'question_turn.question_id', 'question.id')
    .select((eb) =>
      eb.fn.sum<number | string | null>(eb.fn<number>('length', ['question_turn.text'])).as('characters'),
    )
    .where('question.question_set_id', '=', questionSetId)
    .executeTakeFirstOrThrow();
  if (Number(characters ?? 0) <= maxQuestionSetCharacters) return;
  throw invalid(
    'questions',
    `questions: all texts of a set have at most ${maxQuestionSetCharacters} characters together; make a second set`,
  );
}
