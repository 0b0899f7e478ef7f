/**
 * What is to be known of a provider, as one value for each. The wire formats lie in rooms of their own, since several
 * providers speak the same one.
 */
import type {
  AddressedProvider,
  BuiltInProvider,
  HostedProvider,
  ModelRecord,
  Preset,
} from '../../domain/model.ts';
import type { LanguageModel } from '../language-model.ts';
import type { LocalModel } from '../local/local-model.ts';
import type { LocalModels } from '../local/local-models.ts';
import type { OpenAiQuirks } from '../openai/request.ts';
import type { WireEndpoints } from '../upstream/remote-model.ts';

/** The environment variables by which an operator sets a provider up. Without a key and an address it is not offered. */
export interface ProviderVariables {
  readonly apiKey?: string;
  readonly baseUrl?: string;
  /** Appended to what `baseUrl` holds, which then must not end in it. */
  readonly baseUrlSuffix?: string;
  /** A list of model names, separated by commas; the first is the default. */
  readonly models: string;
}

/** The format that a provider speaks, with what is particular to the provider in it. */
export type Wire =
  | {
      readonly wire: 'openai';
      readonly quirks?: OpenAiQuirks;
      /** Default: `/chat/completions` and `/models` below the address, and the key as a bearer token. */
      readonly endpoints?: WireEndpoints;
    }
  | { readonly wire: 'anthropic' };

export type WireName = Wire['wire'];

interface RemoteFacts {
  /** What people call it. */
  readonly title: string;
  /** The address of its documentation. */
  readonly documentation: string;
  /** Whether its servers want a key. */
  readonly key: 'required' | 'optional';
  /** The address of the API with its version. Absent: each model names the address of its server. */
  readonly baseUrl?: string;
  /** What an address looks like, where each model names the address of its server. */
  readonly exampleBaseUrl?: string;
  /**
   * The default that the provider documents: offered first, and alone where its list of models can't be read. Absent:
   * its documentation names none.
   */
  readonly defaultModel?: string;
  /** Tokens that the present models take; a model's record may say otherwise. Absent: unknown. */
  readonly contextWindow?: number;
  readonly variables?: ProviderVariables;
  /** Whether its list of models holds what can be called. Default true. */
  readonly listsOfferedModels?: boolean;
  /** Whether an answer can be continued in its middle: where the model's record says so, or never. */
  readonly continuesPrefix: 'if-declared' | 'never';
}

export type RemoteProviderModule = RemoteFacts & Wire & { readonly name: HostedProvider | AddressedProvider };

/** A provider with one public API, known completely. */
export type HostedProviderModule = RemoteProviderModule &
  Required<Pick<RemoteFacts, 'baseUrl' | 'defaultModel' | 'contextWindow' | 'variables'>> & {
    readonly name: HostedProvider;
  };

/** Servers of one format, each at its own address. */
export type AddressedProviderModule = RemoteProviderModule & {
  readonly name: AddressedProvider;
  readonly baseUrl?: never;
};

/** A provider or server with a name of its own, whose models are stored under the provider that it speaks like. */
export type PresetModule = RemoteFacts &
  Wire & {
    readonly name: Preset;
    readonly provider: AddressedProvider;
  };

/** What the models that run in the server share. */
export interface BuiltInModels {
  readonly guide: LanguageModel;
  readonly local: LocalModels;
}

export interface OfferedBuiltIn {
  readonly name: string;
  /** Tokens; absent where it is not known. */
  readonly contextWindow?: number | undefined;
}

export interface BuiltInProviderModule {
  readonly name: BuiltInProvider;
  /** The model behind a record. */
  open(record: ModelRecord, models: BuiltInModels): LanguageModel;
  /** The model that the environment offers to the organization `default`, if any. `local` is its local model. */
  offer(local: LocalModel): OfferedBuiltIn | undefined;
  /** Waits for a model that will be usable soon. Absent: it always is. */
  whenReady?(record: ModelRecord, models: BuiltInModels): Promise<void>;
}
