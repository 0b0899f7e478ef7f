/**
 * The tables, as stored, the same on both engines: booleans are 0/1, times epoch milliseconds, structured values
 * JSON text. Queries map rows to records; nothing outside the store imports this file.
 */
import type { Generated, Kysely, Selectable } from 'kysely';
import type { ApiKeyType } from '../domain/api-key.ts';
import type { Dialect, FinishReason, GenerationStatus } from '../domain/generation.ts';
import type { MessageRole, MessageStatus } from '../domain/message.ts';
import type {
  ContextWindowSource,
  GreetingRole,
  Preset,
  SystemRole,
  ThinkTags,
  TokenField,
} from '../domain/model.ts';
import type { EndUserReaders, Switch } from '../domain/organization.ts';
import type { CreatorKind, Environment } from '../domain/scope.ts';
import type { SessionStatus } from '../domain/session.ts';
import type { AuditTables } from './audit/table.ts';
import type { AccountTables } from './queries/account-tables.ts';
import type { MessageTables } from './queries/message-tables.ts';
import type { QuestionTables } from './queries/question-tables.ts';
import type { UsageTables } from './queries/usage-tables.ts';
import type { WebhookTables } from './queries/webhook-tables.ts';
import type { RetentionTables } from './retention/table.ts';

export type Flag = 0 | 1;
export type EpochMs = number;
export type Json = string;

export interface OrganizationTable {
  id: string;
  name: string;
  default_model_id: string | null;
  /** 1 while every start sets `default_model_id` to the best model that the environment offers. */
  default_model_follows: Flag;
  created_at: EpochMs;
  updated_at: EpochMs;
}
/** An organization that has set nothing has no row. */
export interface OrganizationSettingsTable {
  organization_id: string;
  titles: Switch | null;
  summaries: Switch | null;
  helper_model_id: string | null;
  title_prompt: string | null;
  summary_prompt: string | null;
  query_prompt: string | null;
  internet: Switch;
  /** Null: the default. */
  end_user_conversations: EndUserReaders | null;
  /** `Limits` as JSON, of the organization and of each of its end users; null: none. */
  limits: Json | null;
  end_user_limits: Json | null;
  updated_at: EpochMs;
  /** `RetentionDays` as JSON; null: nothing was set. */
  retention_days: Json | null;
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
  /** `Limits` of each end user with a token of this key, as JSON; null: none. */
  end_user_limits: Json | null;
  allowed_origins: Json | null;
  created_at: EpochMs;
  last_used_at: EpochMs | null;
  revoked_at: EpochMs | null;
  /** The hash of the secret before the last rotation, which is valid until `previous_until`. */
  previous_hash: string | null;
  previous_until: EpochMs | null;
  created_by_kind: CreatorKind | null;
  created_by_id: string | null;
  /** Ids of personas, as JSON. */
  personas: Json | null;
}
export interface ModelTable {
  id: string;
  organization_id: string;
  name: string;
  provider: string;
  model: string;
  base_url: string | null;
  /** The provider key, encrypted with AES-256-GCM under the server's secret. */
  api_key_encrypted: string | null;
  api_key_env: string | null;
  context_window: number | null;
  max_output_tokens: number | null;
  /** Price of a million prompt tokens; `price_output` is that of completion tokens. */
  price_input: number | null;
  price_output: number | null;
  is_active: Flag;
  /** 1 for an `openai-compatible` server that can continue an answer from a prefix. */
  can_continue: Flag;
  /** 1 if the model was made from the environment at a start; it then follows the environment. */
  from_environment: Flag;
  /** 1 while the model is inactive because the environment does not offer it any more. */
  left_environment: Flag;
  created_at: EpochMs;
  updated_at: EpochMs;
  preset: Preset | null;
  /** Names and sealed values, as JSON. */
  headers: Json | null;
  query: Json | null;
  extra_body: Json | null;
  token_field: TokenField | null;
  system_role: SystemRole | null;
  greeting_role: GreetingRole | null;
  think_tags: ThinkTags | null;
  /** 0 where answers are asked for whole. */
  stream: Flag | null;
  timeouts: Json | null;
  max_retries: number | null;
  /** Ids of models, as JSON. */
  fallbacks: Json | null;
  /** Where `context_window` comes from. */
  context_window_source: Exclude<ContextWindowSource, 'learnt'> | null;
  learnt_context_window: number | null;
  /** Names of parameters, as JSON. */
  refused_parameters: Json | null;
  /** `LearntAboutPrompts`, as JSON. */
  learnt_prompts: Json | null;
  learnt_at: EpochMs | null;
  /** The result of the last `POST …/test`, as JSON. */
  last_test: Json | null;
  /** 1 if an organization's administrator wrote `base_url`; null for models of before this column. */
  address_is_guarded: Flag | null;
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
  /** 1 while every start moves the persona to the best model offered (`assistant`, until somebody changes it). */
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
  /** Ids of models, as JSON. */
  fallbacks: Json | null;
  /** What its author says of it. */
  note: string | null;
  /** What its users read before they write; the suggestions are texts, as JSON. */
  greeting: string | null;
  suggestions: Json | null;
  /** 1 if end users read its reasoning; null: they don't. */
  show_reasoning: Flag | null;
  created_by_kind: CreatorKind | null;
  created_by_id: string | null;
}
export interface EndUserTable {
  id: string;
  organization_id: string;
  environment: Environment;
  external_id: string;
  created_at: EpochMs;
  /** Since when it is being erased; its tokens are worth nothing from then on. */
  erasing_at: EpochMs | null;
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
  description: string | null;
  /** `Metadata` as JSON; null: none. */
  metadata: Json | null;
}
/** Of conversations that clients name, and of those that are kept for a short time only. */
export interface ConversationKeeping {
  /** The id that a client has given it, unique for its organization, environment and end user. */
  client_id: string | null;
  /** When it is erased; null: it is kept. What expires is in no list. */
  expires_at: EpochMs | null;
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
  metadata: Json | null;
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
  api_key_id: string | null;
  model_id: string | null;
  /** Token usage as JSON; only answers have it. */
  usage: Json | null;
  created_at: EpochMs;
  updated_at: EpochMs;
  metadata: Json | null;
}
export interface MessageNames {
  /** The id that a client has given it; the newest of a conversation counts. */
  client_id: string | null;
}
export interface GenerationTable {
  id: string;
  organization_id: string;
  environment: Environment;
  end_user_id: string | null;
  conversation_id: string;
  session_id: string;
  reply_to: string;
  /** Number of the attempt, from 1; unique per `reply_to`, so that a message is never answered twice by accident. */
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
  /** The process incarnation that runs the generation; null while it is queued. */
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
export interface GenerationMetadata {
  /** Of a `completions` generation: not null exactly where it is stored for good. */
  metadata: Json | null;
}
/** Columns that are set while a generation runs, and at its end. */
export interface GenerationCosts {
  /** How often calls to providers were made again. */
  retries: Generated<number>;
  /** Cost of its calls, in the currency of the models' prices; null where no model had prices. */
  cost: Generated<number | null>;
  /** The model that was asked first, where another one answered. */
  requested_model_id: Generated<string | null>;
}
export type GenerationRow = Selectable<Tables['generation']>;
export interface IdempotencyTable {
  /** The credential: `key:<id>`, `member:<id>`, `user:<id>`, `operator`, `account:<id>`, `anonymous:<organization>`. */
  scope: string;
  key: string;
  body_hash: string;
  /** The command's result as JSON; null only inside the transaction of the command. */
  result: Json | null;
  created_at: EpochMs;
  expires_at: EpochMs;
}
export interface OwnerTable {
  id: Generated<number>;
  started_at: EpochMs;
  /** End of the lease, by the database's clock. */
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
  /** 1 if all its events are deltas; null: there may be others. */
  is_plain: 1 | null;
}
export interface SettingTable {
  name: string;
  value: string;
}

/** An entry of the search index; its tokens lie beside it, in each engine's own form. */
export interface SearchDocumentTable {
  id: Generated<number>;
  conversation_id: string;
  /** Null if the entry is the conversation's title. */
  message_id: string | null;
}
/** One row while the database's files have copies of erased data. */
export interface ErasureTable {
  id: number;
  /** Epoch milliseconds of the first erasure since the files were clean. */
  first_at: number;
  /** Number of erasures since then. */
  count: number;
}
/** Who made a row; null for those of before this was kept. */
export interface CreatorColumns {
  created_by_kind: CreatorKind | null;
  created_by_id: string | null;
}
/** Columns that only the store itself uses. */
export interface SearchState {
  /** Whether the search index has the current text of the row: one of `searchStates`. */
  search_state: Generated<number>;
}
export interface ConversationCounters {
  /** How often a title was asked for in vain. */
  title_tries: Generated<number>;
  /** Number of deleted messages, whose positions are gaps. */
  deleted_messages: Generated<number>;
}
export type ConversationRow = Selectable<Tables['conversation']>;

export interface Tables
  extends UsageTables,
    AuditTables,
    RetentionTables,
    MessageTables,
    WebhookTables,
    AccountTables,
    QuestionTables {
  organization: OrganizationTable;
  organization_settings: OrganizationSettingsTable;
  api_key: ApiKeyTable;
  model: ModelTable;
  persona: PersonaTable;
  persona_version: PersonaVersionTable;
  end_user: EndUserTable;
  conversation: ConversationTable & ConversationKeeping & CreatorColumns & ConversationCounters & SearchState;
  session: SessionTable;
  message: MessageTable & MessageNames & SearchState;
  generation: GenerationTable & CreatorColumns & GenerationCosts & GenerationMetadata;
  idempotency: IdempotencyTable;
  owner: OwnerTable;
  journal: JournalTable;
  segment: SegmentTable;
  setting: SettingTable;
  search_document: SearchDocumentTable;
  erasure: ErasureTable;
}

export type StoreEngine = 'sqlite' | 'postgres';
export type Database = Kysely<Tables>;
