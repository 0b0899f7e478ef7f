/** From a model's record to the model: a provider's client, the local runtime, or the guide. */
import type { Dispatcher } from 'undici';
import { AppError } from '../domain/errors.ts';
import type { Logger } from '../domain/logger.ts';
import type { LearntFacts, ModelRecord } from '../domain/model.ts';
import type { LanguageModel } from './language-model.ts';
import type { LocalModel } from './local/local-model.ts';
import { createLocalModels } from './local/local-models.ts';
import type { BuiltInModels, BuiltInProviderModule, RemoteProviderModule } from './providers/provider.ts';
import { isKnownAddress, providerRegistry } from './providers/registry.ts';
import { createRemoteModel, type RemoteModelRecord, type RemoteModelRuntime } from './remote-model.ts';

export interface RegistryOptions {
  readonly remote: RemoteModelRuntime;
  /** The connections to addresses that an organization's administrator wrote, an agent of `createGuardedAgent`. */
  readonly guarded: Dispatcher;
  /** The local model of the environment. */
  readonly local: LocalModel;
  readonly guide: LanguageModel;
  readonly logger: Logger;
  /** The environment of the processes that run local models. */
  readonly environment: Readonly<Record<string, string>>;
  /** The value of a sealed key, header or parameter. @throws where it was sealed under another secret */
  openKey(sealed: string, recordId: string): string;
  lookupEnvironment(name: string): string | undefined;
  /** Keeps what a call of a model has shown. It never throws. Default: it is forgotten with the process. */
  learn?(record: ModelRecord, facts: LearntFacts): void;
}

/** A remote model's server, with what a request to it has to bear. */
export type ModelServer = Pick<
  RemoteModelRecord,
  'provider' | 'preset' | 'baseUrl' | 'apiKey' | 'headers' | 'query'
>;

interface Entry {
  readonly updatedAt: number;
  readonly learntAt: number | null;
  readonly keyValue: string | undefined;
  readonly model: LanguageModel;
}

const maxEntries = 1000;

export class ModelRegistry implements AsyncDisposable {
  readonly #options: RegistryOptions;
  readonly #builtIn: BuiltInModels;
  /** Models of remote providers by the id of their record. */
  readonly #remote = new Map<string, Entry>();

  constructor(options: RegistryOptions) {
    const { local, guide, logger, environment } = options;
    this.#options = options;
    this.#builtIn = { guide, local: createLocalModels({ local, standIn: guide, logger, environment }) };
  }

  /** @throws AppError model_unavailable, where its key can't be read */
  get(record: ModelRecord): LanguageModel {
    const provider = providerOf(record);
    return 'open' in provider ? provider.open(record, this.#builtIn) : this.#openRemote(record, provider);
  }

  /** Waits for a model that will be usable soon: the environment's local one, while it is loaded. */
  async whenReady(record: ModelRecord): Promise<LanguageModel> {
    const provider = providerOf(record);
    if ('open' in provider) await provider.whenReady?.(record, this.#builtIn);
    return this.get(record);
  }

  #openRemote(record: ModelRecord, provider: RemoteProviderModule): LanguageModel {
    const known = this.#remote.get(record.id);
    const keyValue =
      record.apiKeyEnv === null ? undefined : this.#options.lookupEnvironment(record.apiKeyEnv);
    const isSame =
      known?.updatedAt === record.updatedAt &&
      known.learntAt === record.learntAt &&
      known.keyValue === keyValue;
    if (isSame) return known.model;
    const model = this.#createRemote(record, provider, keyValue);
    if (this.#remote.size >= maxEntries) this.#remote.clear();
    const { updatedAt, learntAt } = record;
    this.#remote.set(record.id, { updatedAt, learntAt, keyValue, model });
    return model;
  }

  /** The connections to a model's server: guarded ones, unless the operator wrote its address or the program knows it. */
  dispatcherOf({ addressIsGuarded, baseUrl }: ModelRecord): Dispatcher {
    const { guarded, remote } = this.#options;
    return addressIsGuarded && !isKnownAddress(baseUrl) ? guarded : remote.dispatcher;
  }

  /** Where a model's server is and what opens it; undefined for models that run in this one. */
  serverOf(record: ModelRecord): ModelServer | undefined {
    const provider = providerOf(record);
    if ('open' in provider) return undefined;
    const keyValue =
      record.apiKeyEnv === null ? undefined : this.#options.lookupEnvironment(record.apiKeyEnv);
    return this.#serverOf(record, provider, keyValue);
  }

  #serverOf(record: ModelRecord, provider: RemoteProviderModule, keyValue: string | undefined): ModelServer {
    if (record.apiKeyEnv !== null && keyValue === undefined) {
      throw new AppError('model_unavailable', `the environment variable ${record.apiKeyEnv} is not set`);
    }
    return {
      provider: provider.name,
      preset: record.preset,
      baseUrl: record.baseUrl ?? undefined,
      apiKey: record.apiKeyEncrypted === null ? keyValue : this.#open(record, 'key', record.apiKeyEncrypted),
      headers: this.#openAll(record, 'headers', record.sealedHeaders),
      query: this.#openAll(record, 'query', record.sealedQuery),
    };
  }

  #createRemote(
    record: ModelRecord,
    provider: RemoteProviderModule,
    keyValue: string | undefined,
  ): LanguageModel {
    const facts = {
      ...this.#serverOf(record, provider, keyValue),
      model: record.model,
      maxOutputTokens: record.maxOutputTokens ?? undefined,
      canContinue: record.canContinue,
      extraBody: record.extraBody ?? undefined,
      tokenField: record.tokenField,
      systemRole: record.systemRole,
      greetingRole: record.greetingRole,
      thinkTags: record.thinkTags,
      stream: record.stream,
      timeouts: record.timeouts,
      maxRetries: record.maxRetries ?? undefined,
      learnt: record.learnt,
      onLearnt: (learnt: LearntFacts) => this.#options.learn?.(record, learnt),
    };
    try {
      const dispatcher = this.dispatcherOf(record);
      return createRemoteModel(facts, { ...this.#options.remote, dispatcher });
    } catch (cause) {
      const message = `the model ${record.name} has no usable base_url`;
      throw new AppError('model_unavailable', message, {}, { cause });
    }
  }

  #openAll(
    record: ModelRecord,
    what: 'headers' | 'query',
    sealed: Readonly<Record<string, string>>,
  ): Readonly<Record<string, string>> {
    const entries = Object.entries(sealed);
    return Object.fromEntries(entries.map(([name, value]) => [name, this.#open(record, what, value)]));
  }

  #open(record: ModelRecord, what: 'key' | 'headers' | 'query', sealed: string): string {
    try {
      return this.#options.openKey(sealed, record.id);
    } catch (cause) {
      const message = `the ${what} of the model ${record.name} can't be opened with this COLLOQUY_SECRET`;
      throw new AppError('model_unavailable', message, {}, { cause });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#builtIn.local[Symbol.asyncDispose]();
  }
}

/** A database may name a provider that only a later version knows. */
function providerOf(record: ModelRecord): RemoteProviderModule | BuiltInProviderModule {
  if (Object.hasOwn(providerRegistry, record.provider)) return providerRegistry[record.provider];
  throw new AppError('model_unavailable', `the provider ${record.provider} is not known to this version`);
}
