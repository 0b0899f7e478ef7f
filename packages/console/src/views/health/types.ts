/** What this view reads of the server. */

interface Percentiles {
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface Health {
  readonly version: string;
  readonly uptime_seconds: number;
  readonly store: {
    readonly engine: 'sqlite' | 'postgres';
    readonly answers: boolean;
    readonly schema: string | null;
    readonly bytes: number | null;
    readonly connections: { readonly open: number; readonly idle: number; readonly waiting: number } | null;
  };
  /** Null: one process, without Redis. */
  readonly bus: { readonly answers: boolean; readonly problem: string | null } | null;
  readonly replicas: readonly { readonly owner: number; readonly lease_ms: number }[] | null;
  readonly streams: { readonly open: number; readonly viewers: number };
  readonly generations: { readonly running: number; readonly queued: number | null };
  readonly background_jobs: { readonly running: number; readonly waiting: number };
  readonly commits: {
    readonly count: number;
    readonly p50_ms: number | null;
    readonly p99_ms: number | null;
  };
  readonly journal: { readonly rows: number; readonly bytes: number };
  readonly providers: readonly {
    readonly provider: string;
    readonly answered: number;
    readonly failed: number;
    /** Failures by their kind. */
    readonly errors: Readonly<Record<string, number>>;
    /** Milliseconds, of the last hour. */
    readonly first_token_ms: Percentiles;
    readonly duration_ms: Percentiles;
    readonly last_error: {
      readonly at: string;
      readonly status: number | null;
      readonly message: string;
    } | null;
  }[];
  readonly local_model: {
    readonly name: string;
    readonly state: 'absent' | 'fetching' | 'verifying' | 'loading' | 'ready' | 'failed' | 'off';
    readonly percent: number;
    readonly problem: string | null;
    readonly bytes: number | null;
  } | null;
  readonly last_backup: {
    readonly file: string;
    readonly ended_at: string;
    readonly ok: boolean;
    readonly bytes: number | null;
    readonly error: string | null;
    readonly succeeded_at: string | null;
  } | null;
  readonly disk: { readonly free_bytes: number; readonly total_bytes: number } | null;
  readonly load: {
    readonly level: 'normal' | 'busy' | 'severe';
    readonly loop_delay_ms: number;
    readonly memory_percent: number;
  } | null;
  readonly memory: { readonly resident_bytes: number; readonly heap_bytes: number };
}

export interface Examination {
  readonly address: string;
  readonly route: string;
  readonly problem: string | null;
  readonly findings: readonly {
    readonly name: 'first byte' | 'buffering' | 'headers' | 'resume' | 'silence' | 'lifetime';
    readonly verdict: 'ok' | 'note' | 'bad';
    readonly measured: string;
    readonly advice: string | null;
  }[];
}

export interface RunningGeneration {
  readonly id: string;
  readonly status: string;
  readonly conversation_id: string;
  readonly model: { readonly name: string };
  readonly created_at: string;
  readonly started_at: string | null;
  readonly owner: number | null;
}

export interface SupportModel {
  readonly name: string;
  readonly provider: string;
  readonly preset: string | null;
  readonly model: string;
  readonly is_active: boolean;
  readonly context_window: number | null;
  readonly learnt: unknown;
  readonly last_test: unknown;
  readonly last_day: unknown;
}
