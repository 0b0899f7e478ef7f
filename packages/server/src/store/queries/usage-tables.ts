/** The tables of usage: the calls of models, and what limits count of them. Rows are as in `../tables.ts`. */
import type { Generated } from 'kysely';
import type { Environment } from '../../domain/scope.ts';
import type { ModelCallPurpose, UsageProvenance } from '../../domain/usage.ts';

type Flag = 0 | 1;

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
  /** Cost of the call, in the currency of the model's prices; null for a model without prices. */
  cost: number | null;
  created_at: number;
  /** 1 for the call that ended its generation; null for calls that were made before this was kept. */
  is_request: number | null;
  /** 1 where the model failed. */
  is_failed: number;
  /** From the request until the first token, and until the end of an answer that did not fail. */
  first_token_ms: number | null;
  duration_ms: number | null;
}
/** A call that no rollup holds yet; a trigger notes it. */
export interface UsagePendingTable {
  organization_id: string;
  call_id: string;
  /** 1 for calls that were made before rollups were kept: their times are those of their generation. */
  is_before: Generated<Flag>;
}
/** What an hour's calls come to, by who made them and why. */
export interface UsageRollupTable {
  organization_id: string;
  /** Empty for the calls of everybody; what end users made is kept for each of them besides. */
  end_user_id: string;
  /** Hours since 1970. */
  hour: number;
  environment: Environment;
  model_id: string;
  /** 0: none. */
  persona_id: number;
  /** Empty: none. */
  api_key_id: string;
  purpose: ModelCallPurpose;
  provenance: UsageProvenance;
  calls: number;
  requests: number;
  errors: number;
  unpriced_calls: number;
  prompt_tokens: number;
  completion_tokens: number;
  /** Billionths of the prices' currency. */
  cost: number;
  /** `Latencies` as text. */
  first_token: string;
  duration: string;
}
/** What a subject of limits has used; a row exists once it is counted, and triggers keep it. */
export interface ConsumptionTable {
  /** `key:<id>`, `organization:<id>` or `end_user:<id>`. */
  subject: string;
  organization_id: string;
  end_user_id: string | null;
  /** The day (UTC, from 1970) that `tokens` is of, and the month (like 202611) that `cost` is of. */
  day: number;
  tokens: number;
  month: number;
  /** Billionths of the prices' currency, as `reserved_cost`. */
  cost: number;
  /** Sums of the live reservations. */
  reserved_tokens: number;
  reserved_cost: number;
  queued: number;
  /** Of the texts of the messages that are stored; null: they are not counted. */
  bytes: number | null;
  /** The month for which webhooks were told that the budget is reached, and the environment of the call that did it. */
  reached_month: number | null;
  reached_environment: Environment | null;
}
/** What a live call may cost at most, for each subject that it counts against. */
export interface ReservationTable {
  /** The generation's id, or one of a call beside the answers. */
  id: string;
  subject: string;
  /** The generation with which it ends; null for calls beside the answers. */
  generation_id: string | null;
  owner: number;
  tokens: number;
  cost: number;
  /** 1 while its turn waits. */
  queued: Flag;
}

export interface UsageTables {
  model_call: ModelCallTable;
  usage_pending: UsagePendingTable;
  usage_rollup: UsageRollupTable;
  consumption: ConsumptionTable;
  reservation: ReservationTable;
}
