/**
 * Traces as the rest of the program sees them: spans with attributes, each below the one that is current where it begins.
 * Spans never hold texts of conversations, prompts, or a provider's words.
 */

export type Attributes = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export interface SpanOptions {
  readonly name: string;
  /** Default: internal. */
  readonly kind?: 'internal' | 'server' | 'client';
  readonly attributes?: Attributes;
  /** `root`: begins a trace of its own; `inner`: is left out where no span is current. Default: below the current one. */
  readonly place?: 'root' | 'inner';
}

export interface Span {
  /** Adds attributes; those without a value are left out. */
  set(attributes: Attributes): void;
  /** Marks it as failed. `type` is a code or an error's name. */
  fail(type: string): void;
}

/** A span whose end is not that of a function. */
export interface OpenSpan extends Span {
  rename(name: string): void;
  /** Runs a function, and all that it starts, below this span. */
  within<Result>(run: () => Result): Result;
  end(): void;
}

/** A span of another process, from a request's `traceparent`. */
export interface RemoteParent {
  readonly traceId: string;
  readonly spanId: string;
}

export interface Tracing {
  /** Runs `run`, up to its first `await` at once, in a span that ends with it and fails as it does. */
  span<Result>(options: SpanOptions, run: (span: Span) => Promise<Result>): Promise<Result>;
  begin(options: SpanOptions, parent?: RemoteParent): OpenSpan;
}

const noSpan: OpenSpan = {
  set() {},
  fail() {},
  rename() {},
  within: (run) => run(),
  end() {},
};

/** No traces are made. */
export const noTracing: Tracing = {
  span: (_options, run) => run(noSpan),
  begin: () => noSpan,
};
