/** The local models of a server: that of the environment, and a runtime for each file that an operator has added. */

import type { Logger } from '../../domain/logger.ts';
import type { ModelRecord } from '../../domain/model.ts';
import type { LanguageModel } from '../language-model.ts';
import type { LocalModel } from './local-model.ts';
import { createLocalRuntime, type LocalRuntime } from './process/runtime.ts';

export interface LocalModels extends AsyncDisposable {
  /** The model behind a record; the stand-in until the environment's model is loaded. */
  open(record: ModelRecord): LanguageModel;
  /** Waits for the environment's model to load if its file exists, but not for its download. */
  whenReady(record: ModelRecord): Promise<void>;
}

export interface LocalModelsOptions {
  /** The local model of the environment. */
  readonly local: LocalModel;
  /** Answers until the environment's model is loaded. */
  readonly standIn: LanguageModel;
  readonly logger: Logger;
  /** The environment of the processes that run models. */
  readonly environment: Readonly<Record<string, string>>;
}

const pollMs = 100;

export function createLocalModels({ local, standIn, logger, environment }: LocalModelsOptions): LocalModels {
  /** Runtimes by the path of their file. */
  const runtimes = new Map<string, LocalRuntime>();
  return {
    open(record) {
      if (record.fromEnvironment) return local.model() ?? standIn;
      let runtime = runtimes.get(record.model);
      if (runtime === undefined) {
        runtime = createLocalRuntime({ modelPath: record.model, logger, environment });
        runtimes.set(record.model, runtime);
      }
      return runtime.model;
    },
    async whenReady(record) {
      if (!record.fromEnvironment) return;
      let isOver = false;
      void local.settled.then(() => {
        isOver = true;
      });
      while (!isOver && local.status().state !== 'fetching') {
        await Promise.race([local.settled, new Promise((resolve) => setTimeout(resolve, pollMs))]);
      }
    },
    async [Symbol.asyncDispose]() {
      for (const runtime of runtimes.values()) await runtime[Symbol.asyncDispose]();
      runtimes.clear();
    },
  };
}
