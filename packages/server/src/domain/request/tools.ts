/** What a request may ask of a model beside an answer to its messages: calls of tools, a form, and hints. */

/** A function that the client runs; a model asks for it by a tool call. */
export interface ToolDefinition {
  readonly name: string;
  readonly description?: string;
  /** A JSON Schema of an object. Absent: the function takes no arguments. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Whether the provider is to hold the arguments to the schema. */
  readonly strict?: boolean;
}

export const maxTools = 128;
export const toolNamePattern = '^[a-zA-Z0-9_-]{1,64}$';

/** Which tools the model may call; with a name, it has to call that one. */
export type ToolChoice = 'none' | 'auto' | 'required' | { readonly name: string };

/** The form of an answer; absent: text. */
export type ResponseFormat =
  | { readonly type: 'json_object' }
  | {
      readonly type: 'json_schema';
      readonly name: string;
      readonly description?: string;
      readonly schema: Readonly<Record<string, unknown>>;
      readonly strict?: boolean;
    };

/** Parameters that change what an answer costs, how fast it comes, or its style. Most providers know few of them. */
export const hintNames = [
  'reasoning_effort',
  'verbosity',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'service_tier',
  'prediction',
] as const;
export type HintName = (typeof hintNames)[number];
export type Hints = Readonly<Partial<Record<HintName, unknown>>>;

/** What a request asks for beside an answer to its messages. */
export interface Asked {
  readonly tools?: readonly ToolDefinition[];
  readonly toolChoice?: ToolChoice;
  /** Whether one answer may hold several calls. Absent: as the provider does by itself. */
  readonly parallelToolCalls?: boolean;
  readonly responseFormat?: ResponseFormat;
  readonly hints?: Hints;
}

/** What a model may be unable to do. */
export const abilities = ['tools', 'images', 'json_object', 'json_schema'] as const;
export type Ability = (typeof abilities)[number];

/** How much of an image a model looks at. */
export const imageDetails = ['auto', 'low', 'high', 'original'] as const;
export type ImageDetail = (typeof imageDetails)[number];

/** What a model is sent for a call that nobody has answered. */
export const noResult = '{"error":"no result was given"}';
