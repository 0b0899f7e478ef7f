/** The tables of usage: the calls of models, and what limits count of them. Rows are as in `../tables.ts`. */
import type { Environment } from '../../domain/scope.ts';
import type { ModelCallPurpose, UsageProvenance } from '../../domain/usage.ts';

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
  queued: 0 | 1;
}
