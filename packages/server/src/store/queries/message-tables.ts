/** The tables of what belongs to messages beside their texts. Rows are as in `../tables.ts`. */
import type { CreatorKind, Environment } from '../../domain/scope.ts';

type Flag = 0 | 1;
type EpochMs = number;
type Json = string;

/** A summary of a session's older messages, for models whose context they no longer fit into. It is never changed. */
export interface SummaryTable {
  id: string;
  session_id: string;
  /** Number of the summary in its session, from 1. */
  version: number;
  /** The earlier summary that this one continues. */
  previous_id: string | null;
  /** Oldest message that the summary covers. The summary holds only for histories that contain `through_message_id`. */
  first_message_id: string;
  through_message_id: string;
  through_position: number;
  message_count: number;
  /** 1 if the summary covers the session from its first message; 0 if there were too many messages to read. */
  is_complete: Flag;
  text: string;
  /** Length of the summary, counted with the model's tokenizer or a similar one. */
  token_count: number;
  model_id: string;
  created_at: EpochMs;
}
export interface ContextReceiptTable {
  generation_id: string;
  /** The context receipt, a `StoredReceipt`. */
  receipt: Json;
}
/** A position of a conversation whose message was deleted. */
export interface MessageGapTable {
  conversation_id: string;
  position: number;
}
/** An image of a message. */
export interface FileTable {
  id: string;
  conversation_id: string;
  message_id: string;
  organization_id: string;
  environment: Environment;
  end_user_id: string | null;
  api_key_id: string | null;
  media_type: string;
  /** Its bytes as base64. */
  data: string;
  created_at: EpochMs;
}
/** What somebody thinks of an answer; one row for each message and author. */
export interface FeedbackTable {
  message_id: string;
  author_kind: CreatorKind;
  /** Empty for authors without an id. */
  author_id: string;
  organization_id: string;
  environment: Environment;
  conversation_id: string;
  rating: -1 | 1;
  reason: string | null;
  comment: string | null;
  created_at: EpochMs;
  updated_at: EpochMs;
}

export interface MessageTables {
  summary: SummaryTable;
  context_receipt: ContextReceiptTable;
  message_gap: MessageGapTable;
  file: FileTable;
  feedback: FeedbackTable;
}
