/** A model as an organization configured it: its provider, its name there, and its settings. */

export const providers = [
  'openai',
  'anthropic',
  'google',
  'mistral',
  'openai-compatible',
  'local',
  'guide',
] as const;
export type Provider = (typeof providers)[number];

export interface ModelRecord {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly provider: Provider;
  /** The provider's name of the model; a path for `local`. */
  readonly model: string;
  readonly baseUrl: string | null;
  /** Encrypted under the server's secret. */
  readonly apiKeyEncrypted: string | null;
  /** The environment variable that holds the key. */
  readonly apiKeyEnv: string | null;
  /** Tokens. */
  readonly contextWindow: number | null;
  readonly maxOutputTokens: number | null;
  /** Per million tokens. */
  readonly prices: { readonly input: number; readonly output: number } | null;
  readonly isActive: boolean;
  /** Whether an `openai-compatible` server was declared to continue a prefix. */
  readonly canContinue: boolean;
  readonly fromEnvironment: boolean;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}
