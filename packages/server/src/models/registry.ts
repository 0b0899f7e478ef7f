/** From a model's record to the model: a provider's client, the local runtime, or the guide. */
import { AppError } from '../domain/errors.ts';
import type { ModelRecord } from '../domain/model.ts';
import type { LanguageModel } from './language-model.ts';
import type { LocalModel } from './local/local-model.ts';
import type { Logger } from './local/process/logger.ts';
import { createLocalRuntime, type LocalRuntime } from './local/process/runtime.ts';
import { createRemoteModel, isRemoteProvider, type RemoteModelRuntime } from './provider.ts';

export interface RegistryOptions {
  readonly remote: RemoteModelRuntime;
  /** The local model of the environment. */
  readonly local: LocalModel;
  readonly guide: LanguageModel;
  readonly logger: Logger;
  /** The value of a sealed provider key. @throws where it was sealed under another secret */
  openKey(sealed: string, recordId: string): string;
  lookupEnvironment(name: string): string | undefined;
}

interface Entry {
  readonly updatedAt: number;
  readonly keyValue: string | undefined;
  readonly model: LanguageModel;
}

const maxEntries = 1000;
const localPollMs = 100;

export class ModelRegistry implements AsyncDisposable {
  readonly #options: RegistryOptions;
  readonly #remote = new Map<string, Entry>();
  /** Runtimes of `local` models that an operator added, by the path of their file. */
  readonly #runtimes = new Map<string, LocalRuntime>();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** @throws AppError model_unavailable, where its key can't be read */
  get(record: ModelRecord): LanguageModel {
    if (record.provider === 'guide') return this.#options.guide;
    if (record.provider === 'local') return this.#local(record);
    const known = this.#remote.get(record.id);
    const keyValue =
      record.apiKeyEnv === null ? undefined : this.#options.lookupEnvironment(record.apiKeyEnv);
    if (known !== undefined && known.updatedAt === record.updatedAt && known.keyValue === keyValue) {
      return known.model;
    }
    const model = this.#createRemote(record, keyValue);
    if (this.#remote.size >= maxEntries) this.#remote.clear();
    this.#remote.set(record.id, { updatedAt: record.updatedAt, keyValue, model });
    return model;
  }

  /** Waits for the environment's local model where its file is at hand, but not for its fetch. */
  async whenReady(record: ModelRecord): Promise<LanguageModel> {
    const { local } = this.#options;
    if (record.provider === 'local' && record.fromEnvironment) {
      let isOver = false;
      void local.settled.then(() => {
        isOver = true;
      });
      while (!isOver && local.status().state !== 'fetching') {
        await Promise.race([local.settled, new Promise((resolve) => setTimeout(resolve, localPollMs))]);
      }
    }
    return this.get(record);
  }

  #createRemote(record: ModelRecord, keyValue: string | undefined): LanguageModel {
    if (!isRemoteProvider(record.provider)) {
      throw new AppError('model_unavailable', `the provider ${record.provider} is not known`);
    }
    if (record.apiKeyEnv !== null && keyValue === undefined) {
      throw new AppError('model_unavailable', `the environment variable ${record.apiKeyEnv} is not set`);
    }
    let apiKey = keyValue;
    if (record.apiKeyEncrypted !== null) {
      try {
        apiKey = this.#options.openKey(record.apiKeyEncrypted, record.id);
      } catch (cause) {
        const message = `the provider key of the model ${record.name} can't be opened with this COLLOQUY_SECRET`;
        throw new AppError('model_unavailable', message, {}, { cause });
      }
    }
    const facts = {
      provider: record.provider,
      model: record.model,
      baseUrl: record.baseUrl ?? undefined,
      apiKey,
      maxOutputTokens: record.maxOutputTokens ?? undefined,
      canContinue: record.canContinue,
    };
    try {
      return createRemoteModel(facts, this.#options.remote);
    } catch (cause) {
      throw new AppError(
        'model_unavailable',
        `the model ${record.name} has no usable address`,
        {},
        { cause },
      );
    }
  }

  /** The environment's local model, the guide until it is loaded; else the file that the record names. */
  #local(record: ModelRecord): LanguageModel {
    const { local, guide, logger } = this.#options;
    if (record.fromEnvironment) return local.model() ?? guide;
    let runtime = this.#runtimes.get(record.model);
    if (runtime === undefined) {
      runtime = createLocalRuntime({ modelPath: record.model, logger });
      this.#runtimes.set(record.model, runtime);
    }
    return runtime.model;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const runtime of this.#runtimes.values()) await runtime[Symbol.asyncDispose]();
    this.#runtimes.clear();
  }
}
