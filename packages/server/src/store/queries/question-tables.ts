/** The tables of sets of questions. Rows are as in `../tables.ts`. */
import type { CreatorKind } from '../../domain/scope.ts';

export interface QuestionSetTable {
  id: string;
  organization_id: string;
  name: string;
  created_by_kind: CreatorKind | null;
  created_by_id: string | null;
  created_at: number;
  updated_at: number;
}
export interface QuestionTable {
  id: string;
  question_set_id: string;
  /** Its place in the set; there may be gaps. */
  position: number;
  /** The conversation that it was taken from, with which it goes. */
  conversation_id: string | null;
  created_at: number;
}
export interface QuestionTurnTable {
  question_id: string;
  /** Its place in the question; there may be gaps. */
  position: number;
  text: string;
  /** The message that the text repeats, with which it goes. */
  message_id: string | null;
}

export interface QuestionTables {
  question_set: QuestionSetTable;
  question: QuestionTable;
  question_turn: QuestionTurnTable;
}
