/** The resources of the administration that this view reads. */

export interface ModelTest {
  readonly ok: boolean;
  readonly latency_ms: number;
  readonly error: string | null;
  readonly hint: string | null;
}

export interface Model {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly preset: string | null;
  readonly model: string;
  readonly base_url: string | null;
  readonly api_key_env: string | null;
  readonly context_window: number | null;
  readonly context_window_source: 'set' | 'listed' | 'learnt' | 'assumed';
  readonly max_output_tokens: number | null;
  readonly prices: { readonly input: number; readonly output: number } | null;
  readonly is_active: boolean;
  readonly can_continue: boolean;
  readonly has_api_key: boolean;
  readonly from_environment: boolean;
  readonly learnt: {
    readonly context_window: number | null;
    readonly refused_parameters: readonly string[];
  } | null;
  readonly last_test: (ModelTest & { readonly at: string }) | null;
  readonly last_day: { readonly calls: number; readonly errors: number };
  readonly created_at: string;
}

export interface Provider {
  readonly title: string;
  readonly provider: string;
  readonly preset: string | null;
  readonly base_url: string | null;
  readonly example_base_url: string | null;
  readonly required: readonly ('base_url' | 'api_key')[];
  readonly default_model: string | null;
  readonly documentation: string;
}

export interface Discovery {
  readonly ok: boolean;
  readonly base_url: string | null;
  readonly models: readonly { readonly model: string; readonly context_window: number | null }[];
  readonly error: string | null;
  readonly hint: string | null;
}
