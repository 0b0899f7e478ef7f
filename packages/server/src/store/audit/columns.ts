/**
 * What the audit trail shows of the rows that administrators change. Each column is named, so that a new one does not
 * compile before somebody has decided whether it may be shown.
 */
import type { AuditValues } from '../../domain/audit/trail.ts';
import { toTime } from '../../domain/text/time.ts';
import type { Tables } from '../tables.ts';

/**
 * `secret` shows only whether there is one, and that it was replaced; `names` the names in an object, without the values;
 * `hidden` nothing: a change of it alone is no change.
 */
type Treatment = 'shown' | 'time' | 'flag' | 'json' | 'names' | 'secret' | 'hidden';
type Treatments<Table extends keyof Tables> = { readonly [Column in keyof Tables[Table]]-?: Treatment };

const made = { id: 'hidden', organization_id: 'hidden', created_at: 'hidden', updated_at: 'hidden' } as const;

export const auditedTables = {
  organization: {
    id: 'hidden',
    name: 'shown',
    default_model_id: 'shown',
    default_model_follows: 'hidden',
    created_at: 'hidden',
    updated_at: 'hidden',
  },
  organization_settings: {
    organization_id: 'hidden',
    titles: 'shown',
    summaries: 'shown',
    helper_model_id: 'shown',
    title_prompt: 'shown',
    summary_prompt: 'shown',
    query_prompt: 'shown',
    internet: 'shown',
    end_user_conversations: 'shown',
    limits: 'json',
    end_user_limits: 'json',
    retention_days: 'json',
    updated_at: 'hidden',
  },
  model: {
    ...made,
    name: 'shown',
    provider: 'shown',
    preset: 'shown',
    model: 'shown',
    base_url: 'shown',
    api_key_encrypted: 'secret',
    api_key_env: 'shown',
    context_window: 'shown',
    context_window_source: 'hidden',
    max_output_tokens: 'shown',
    price_input: 'shown',
    price_output: 'shown',
    is_active: 'flag',
    can_continue: 'flag',
    from_environment: 'hidden',
    left_environment: 'hidden',
    headers: 'names',
    query: 'names',
    extra_body: 'names',
    token_field: 'shown',
    system_role: 'shown',
    greeting_role: 'shown',
    think_tags: 'shown',
    stream: 'flag',
    timeouts: 'json',
    max_retries: 'shown',
    fallbacks: 'json',
    learnt_context_window: 'hidden',
    refused_parameters: 'hidden',
    learnt_prompts: 'hidden',
    learnt_at: 'hidden',
    last_test: 'hidden',
    address_is_guarded: 'hidden',
  },
  persona: {
    ...made,
    name: 'shown',
    alias: 'shown',
    description: 'shown',
    active_version: 'shown',
    next_version: 'shown',
    last_version: 'hidden',
    follows_environment: 'hidden',
  },
  api_key: {
    id: 'hidden',
    organization_id: 'hidden',
    name: 'shown',
    type: 'shown',
    prefix: 'shown',
    hash: 'hidden',
    default_persona_id: 'shown',
    personas: 'json',
    expires_at: 'time',
    limits: 'json',
    end_user_limits: 'json',
    allowed_origins: 'json',
    created_at: 'hidden',
    last_used_at: 'hidden',
    revoked_at: 'time',
    previous_hash: 'hidden',
    previous_until: 'time',
    created_by_kind: 'hidden',
    created_by_id: 'hidden',
  },
  webhook: {
    ...made,
    url: 'shown',
    events: 'json',
    description: 'shown',
    secret_encrypted: 'secret',
    address_is_guarded: 'hidden',
    is_active: 'flag',
    gone_at: 'hidden',
    failures: 'hidden',
    failing_since: 'hidden',
    paused_until: 'hidden',
    created_by_kind: 'hidden',
    created_by_id: 'hidden',
  },
  question_set: { ...made, name: 'shown', created_by_kind: 'hidden', created_by_id: 'hidden' },
  account: {
    id: 'hidden',
    email: 'shown',
    name: 'shown',
    password: 'secret',
    is_operator: 'flag',
    last_seen_at: 'hidden',
    created_at: 'hidden',
    updated_at: 'hidden',
  },
  passkey: {
    id: 'hidden',
    account_id: 'hidden',
    credential_id: 'hidden',
    rp_id: 'shown',
    public_key: 'hidden',
    counter: 'hidden',
    transports: 'hidden',
    is_backed_up: 'hidden',
    name: 'shown',
    created_at: 'hidden',
    last_used_at: 'hidden',
  },
  member: { ...made, name: 'shown', email: 'shown', role: 'shown', account_id: 'hidden' },
} as const satisfies { readonly [Table in keyof Tables]?: Treatments<Table> };

export type AuditedTable = keyof typeof auditedTables;
export type AuditedRow = Readonly<Record<string, string | number | null>>;

/** Characters of a text that are shown at most. */
const maxCharacters = 2000;

function shown(treatment: Treatment, value: string | number): unknown {
  switch (treatment) {
    case 'shown':
      return typeof value === 'string' && value.length > maxCharacters
        ? `${value.slice(0, maxCharacters)}…`
        : value;
    case 'time':
      return toTime(Number(value));
    case 'flag':
      return value === 1;
    case 'json':
      return JSON.parse(String(value));
    case 'names':
      return Object.keys(JSON.parse(String(value)) as object);
    case 'secret':
      return 'set';
    case 'hidden':
      return undefined;
  }
}

/**
 * The values that differ between two states of a row, as they are shown; a row that is not there has none. Both are null
 * where nothing that is shown differs.
 */
export function differences(
  table: AuditedTable,
  before: AuditedRow | undefined,
  after: AuditedRow | undefined,
): { readonly before: AuditValues | null; readonly after: AuditValues | null } {
  const [was, is]: [Record<string, unknown>, Record<string, unknown>] = [{}, {}];
  for (const [column, treatment] of Object.entries(auditedTables[table]) as [string, Treatment][]) {
    const [old, young] = [before?.[column] ?? null, after?.[column] ?? null];
    if (treatment === 'hidden' || old === young) continue;
    const isReplaced = treatment === 'secret' && old !== null && young !== null;
    if (before !== undefined) was[column] = old === null ? null : shown(treatment, old);
    if (after !== undefined)
      is[column] = isReplaced ? 'replaced' : young === null ? null : shown(treatment, young);
  }
  const isChanged = Object.keys(was).length + Object.keys(is).length > 0;
  return {
    before: before !== undefined && isChanged ? was : null,
    after: after !== undefined && isChanged ? is : null,
  };
}
