/** Personas: named, versioned system prompt, model and parameters. */

/** Sampling parameters of a request, a persona version or a model; absent means the provider's default. */
export interface SamplingParameters {
  readonly temperature?: number;
  readonly topP?: number;
  readonly maxTokens?: number;
  readonly stop?: readonly string[];
  readonly seed?: number;
  /** From -2 to 2. */
  readonly presencePenalty?: number;
  /** From -2 to 2. */
  readonly frequencyPenalty?: number;
}

export interface PersonaRevision extends SamplingParameters {
  readonly personaId: number;
  readonly version: number;
  readonly systemPrompt: string;
  readonly modelId: string;
  readonly internet: boolean;
  /** Ids of the models that are tried, before those that the model names, when its model fails before its first token. */
  readonly fallbacks: readonly string[];
}

/** Names a persona's revision, which never changes. */
export interface RevisionReference {
  readonly personaId: number;
  readonly version: number;
}

/** What a selector may ask for: the draft, or the version in production. */
export const versionTypes = ['next', 'active'] as const;
export type VersionType = (typeof versionTypes)[number];

/** What a version is at the moment: the draft, the one in production, or neither. */
export const versionStates = [...versionTypes, 'past'] as const;
export type VersionState = (typeof versionStates)[number];

export const aliasPattern = '^[a-z0-9_-]{3,100}$';

export interface PersonaRecord {
  readonly id: number;
  readonly organizationId: string;
  readonly name: string;
  readonly alias: string;
  readonly description: string | null;
  readonly activeVersion: number | null;
  readonly nextVersion: number | null;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  readonly updatedAt: number;
}
