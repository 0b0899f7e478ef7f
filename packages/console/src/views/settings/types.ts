/** What this view reads of the server. */
import type { Limits } from '../../forms/limits.ts';

export interface Settings {
  readonly limits: Limits;
  readonly end_user_limits: Limits;
  readonly consumed: Limits;
  readonly retention_days: { readonly test: number | null; readonly prod: number | null };
  /** What holds where the organization sets nothing. */
  readonly defaults: {
    readonly titles: 'on' | 'off';
    readonly summaries: 'on' | 'off';
    readonly search_engine: string;
  };
  readonly warnings?: readonly string[];
}

export interface NamedModel {
  readonly id: string;
  readonly name: string;
  readonly is_active: boolean;
}

export interface ServerVariable {
  readonly name: string;
  readonly value: string | null;
  readonly is_set: boolean;
  readonly is_secret: boolean;
}

export interface ServerFacts {
  readonly variables: readonly ServerVariable[];
  readonly search: { readonly engine: string; readonly variable: string | null };
  readonly sign_in: {
    readonly passwords: boolean;
    readonly openid: { readonly issuer: string; readonly label: string } | null;
    readonly openid_callback: string;
    readonly passkeys: {
      readonly state: 'available' | 'no_host_name' | 'insecure' | 'off';
      readonly host: string | null;
    };
  } | null;
}

export interface SearchTrial {
  readonly ok: boolean;
  readonly latency_ms: number;
  readonly hits: readonly { readonly title: string; readonly url: string }[];
  readonly error: string | null;
}

export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly description: string | null;
  readonly is_active: boolean;
  readonly gone_at: string | null;
  readonly failing_since: string | null;
  readonly created_at: string;
}

export interface Delivery {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly status: 'pending' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly next_attempt_at: string | null;
  readonly response_status: number | null;
  readonly error: string | null;
}

export interface AuditEntry {
  readonly id: string;
  readonly at: string;
  readonly actor: { readonly kind: string; readonly name: string | null; readonly address: string | null };
  readonly action: string;
  readonly subject: { readonly kind: string; readonly id: string | null };
  readonly before: object | null;
  readonly after: object | null;
  readonly count: number | null;
}

export interface Profile {
  readonly account: {
    readonly id: string;
    readonly email: string;
    readonly name: string;
    readonly has_password: boolean;
  };
}

export interface Passkey {
  readonly id: string;
  readonly name: string;
  /** The host name that it works for. */
  readonly rp_id: string;
  readonly created_at: string;
  readonly last_used_at: string | null;
}

export interface SignInSession {
  readonly id: string;
  readonly method: string;
  readonly address: string | null;
  readonly user_agent: string | null;
  readonly created_at: string;
  readonly last_used_at: string;
  readonly is_current: boolean;
}
