/**
 * The tables, as stored, the same on both engines: booleans are 0/1, times epoch milliseconds, structured values
 * JSON text. Queries map rows to records; nothing outside the store imports this file.
 */
import type { Generated, Kysely, Selectable } from 'kysely';
import type { ApiKeyType } from '../domain/api-key.ts';
import type { Dialect, FinishReason, GenerationStatus } from '../domain/generation.ts';
import type { MessageRole, MessageStatus } from '../domain/message.ts';
import type { Role } from '../domain/organization.ts';
import type { Environment } from '../domain/scope.ts';
import type { SessionStatus } from '../domain/session.ts';
import type { ModelCallPurpose, UsageProvenance } from '../domain/usage.ts';

export type Flag = 0 | 1;
export type EpochMs = number;
export type Json = string;

export interface OrganizationTable {
  id: string;
  name: string;
  default_model_id: string | null;
  /** 1 while `default_model_id` follows the best model at hand at every start. */
  default_model_follows: Flag;
  created_at: EpochMs;
  updated_at: EpochMs;
}
export interface MemberTable {
  id: string;
  organization_id: string;
  name: string;
  email: string;
  role: Role;
  created_at: EpochMs;
  updated_at: EpochMs;
}
export interface ApiKeyTable {
  id: string;
  organization_id: string;
  name: string;
  type: ApiKeyType;
  /** The part that stays visible: `sk_prod_` and the first characters of the secret. */
  prefix: string;
  /** SHA-256 of the whole key, hex. */
  hash: string;
  default_persona_id: number | null;
  expires_at: EpochMs | null;
  limits: Json;
  allowed_origins: Json | null;
  created_at: EpochMs;
  last_used_at: EpochMs | null;
  revoked_at: EpochMs | null;
}
export interface ModelTable {
  id: string;
  organization_id: string;
  name: string;
  provider: string;
  model: string;
  base_url: string | null;
  /** AES-256-GCM under the server's secret. */
  api_key_encrypted: string | null;
  api_key_env: string | null;
  context_window: number | null;
  max_output_tokens: number | null;
  /** Per million tokens. */
  price_input: number | null;
  price_output: number | null;
  is_active: Flag;
  /** An `openai-compatible` server that can continue a prefix. */
  can_continue: Flag;
  /** 1 if it was made from the environment at start, which it follows. */
  from_environment: Flag;
  /** 1 while it is inactive because the environment does not offer it any more. */
  left_environment: Flag;
  created_at: EpochMs;
  updated_at: EpochMs;
}
export interface PersonaTable {
  id: Generated<number>;
  organization_id: string;
  name: string;
  alias: string;
  description: string | null;
  active_version: number | null;
  next_version: number | null;
  last_version: number;
  /** 1 while it follows the best model at hand at every start (`assistant` until somebody changes it). */
  follows_environment: Flag;
  created_at: EpochMs;
  updated_at: EpochMs;
}
export interface PersonaVersionTable {
  persona_id: number;
  version: number;
  system_prompt: string;
  model_id: string;
  temperature: number | null;
  top_p: number | null;
  max_tokens: number | null;
  stop: Json | null;
  seed: number | null;
  internet: Flag;
  created_at: EpochMs;
  submitted_at: EpochMs | null;
}
export interface EndUserTable {
  id: string;
  organization_id: string;
  environment: Environment;
  external_id: string;
  created_at: EpochMs;
}
export interface ConversationTable {
  id: string;
  organization_id: string;
  environment: Environment;
  end_user_id: string | null;
  title: string;
  /** A generated title replaces only an automatic one. */
  title_source: 'automatic' | 'generated' | 'user';
  is_archived: Flag;
  /** The position that the next message gets. */
  next_position: number;
  created_at: EpochMs;
  updated_at: EpochMs;
}
export interface SessionTable {
  id: string;
  conversation_id: string;
  organization_id: string;
  environment: Environment;
  end_user_id: string | null;
  persona_id: number | null;
  persona_version: number | null;
  model_id: string;
  status: SessionStatus;
  head_message_id: string | null;
  created_at: EpochMs;
  updated_at: EpochMs;
}
export interface MessageTable {
  id: string;
  conversation_id: string;
  session_id: string;
  organization_id: string;
  environment: Environment;
  end_user_id: string | null;
  parent_id: string | null;
  role: MessageRole;
  parts: Json;
  /** The plain text of the parts, for lists and search. */
  text: string;
  position: number;
  status: MessageStatus;
  /** The generation that writes this answer. */
  generation_id: string | null;
  model_id: string | null;
  /** Usage as JSON, of answers. */
  usage: Json | null;
  created_at: EpochMs;
  updated_at: EpochMs;
}
export interface GenerationTable {
  id: string;
  organization_id: string;
  environment: Environment;
  end_user_id: string | null;
  conversation_id: string;
  session_id: string;
  reply_to: string;
  /** From 1; with `reply_to` unique: a message is never answered twice by accident. */
  attempt: number;
  message_id: string;
  model_id: string;
  model_name: string;
  provider: string;
  persona_id: number | null;
  persona_version: number | null;
  api_key_id: string | null;
  dialect: Dialect;
  status: GenerationStatus;
  /** The process incarnation that runs it; null while queued. */
  owner: number | null;
  /** What the engine needs to run it: `GenerationParameters`. */
  parameters: Json;
  cancel_requested_at: EpochMs | null;
  created_at: EpochMs;
  started_at: EpochMs | null;
  first_token_at: EpochMs | null;
  finished_at: EpochMs | null;
  finish_reason: FinishReason | null;
  usage: Json | null;
  error: Json | null;
}
export interface ModelCallTable {
  id: string;
  generation_id: string | null;
  organization_id: string;
  environment: Environment;
  end_user_id: string | null;
  api_key_id: string | null;
  persona_id: number | null;
  model_id: string;
  purpose: ModelCallPurpose;
  prompt_tokens: number;
  completion_tokens: number;
  provenance: UsageProvenance;
  /** In the currency of the model's prices; null where it has none. */
  cost: number | null;
  created_at: EpochMs;
}
export interface IdempotencyTable {
  /** The credential: `key:<id>`, `member:<id>`, `user:<id>`, `operator`, `anonymous:<organization>`. */
  scope: string;
  key: string;
  body_hash: string;
  /** The command's result, JSON; null only inside the transaction that makes it. */
  result: Json | null;
  created_at: EpochMs;
  expires_at: EpochMs;
}
export interface OwnerTable {
  id: Generated<number>;
  started_at: EpochMs;
  /** By the database's clock. */
  lease_until: EpochMs;
  fenced_at: EpochMs | null;
}
export interface JournalTable {
  owner: number;
  n: number;
  payload: string;
}
export interface SegmentTable {
  generation_id: string;
  first_seq: number;
  last_seq: number;
  events: Json;
}
/** A summary of a session's older messages, for models whose context they no longer fit into. It is never changed. */
export interface SummaryTable {
  id: string;
  session_id: string;
  /** From 1, counted by session. */
  version: number;
  /** The summary that went into it. */
  previous_id: string | null;
  /** The oldest and the newest message that it tells of; it holds only where the newest is an ancestor. */
  first_message_id: string;
  through_message_id: string;
  through_position: number;
  message_count: number;
  /** 1: its history begins with the first message; 0: there were more before, too many to read. */
  is_complete: Flag;
  text: string;
  /** By the model's tokenizer, or a near one. */
  token_count: number;
  model_id: string;
  created_at: EpochMs;
}
export interface ContextReceiptTable {
  generation_id: string;
  /** What the model was sent: `StoredReceipt`. */
  receipt: Json;
}
/** A position of a conversation whose message was deleted. */
export interface MessageGapTable {
  conversation_id: string;
  position: number;
}
export interface SettingTable {
  name: string;
  value: string;
}

/** An entry of the search index; its words lie beside it, in each engine's own form. */
export interface SearchDocumentTable {
  id: Generated<number>;
  conversation_id: string;
  /** Null if the entry is the conversation's title. */
  message_id: string | null;
}
/** Columns that only the store itself uses. */
export interface SearchState {
  /** 1 if the search index has the row as it is now. */
  is_indexed: Generated<Flag>;
}
export interface ConversationCounters {
  /** Gaps among the positions of its messages. */
  deleted_messages: Generated<number>;
}
export type ConversationRow = Selectable<Tables['conversation']>;

export interface Tables {
  organization: OrganizationTable;
  member: MemberTable;
  api_key: ApiKeyTable;
  model: ModelTable;
  persona: PersonaTable;
  persona_version: PersonaVersionTable;
  end_user: EndUserTable;
  conversation: ConversationTable & ConversationCounters & SearchState;
  session: SessionTable;
  message: MessageTable & SearchState;
  generation: GenerationTable;
  model_call: ModelCallTable;
  idempotency: IdempotencyTable;
  owner: OwnerTable;
  journal: JournalTable;
  segment: SegmentTable;
  summary: SummaryTable;
  context_receipt: ContextReceiptTable;
  message_gap: MessageGapTable;
  setting: SettingTable;
  search_document: SearchDocumentTable;
}

export type StoreEngine = 'sqlite' | 'postgres';
export type Database = Kysely<Tables>;
