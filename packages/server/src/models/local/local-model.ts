/** The local model from nothing to ready: its file is fetched if need be, checked and loaded, all in the background. */
import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Logger, silentLogger } from '../../domain/logger.ts';
import type { NamedLocalModel } from '../../domain/model.ts';
import type { LanguageModel } from '../language-model.ts';
import { FetchError } from './file/fetch-error.ts';
import { fetchModelFile } from './file/fetch-model-file.ts';
import { type ModelSource, namedModels, sourceOfUrl } from './file/model-source.ts';
import { type BarStream, createProgressBar } from './file/progress-bar.ts';
import { createLocalRuntime, type LocalRuntime, type LocalRuntimeOptions } from './process/runtime.ts';
import type { LocalModelInfo } from './worker/protocol.ts';

/** `COLLOQUY_LOCAL_MODEL`, parsed; `config.localModel` has this shape. */
export type LocalModelChoice =
  | { readonly kind: 'off' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'named'; readonly name: NamedLocalModel };

export interface LocalModelOptions {
  readonly choice: LocalModelChoice;
  /** Fetched files lie in its folder `models`. */
  readonly dataDir: string;
  readonly runtime?: Omit<LocalRuntimeOptions, 'modelPath' | 'logger'>;
  readonly logger?: Logger;
  /** Shows a progress bar if it is a terminal; `process.stderr`. */
  readonly terminal?: BarStream;
  readonly onStatus?: (status: LocalModelStatus) => void;
  /** Where a named model comes from; tests name a server on loopback. */
  readonly namedSource?: (name: NamedLocalModel) => ModelSource;
}

export type LocalModelState = 'absent' | 'fetching' | 'verifying' | 'loading' | 'ready' | 'failed' | 'off';

export interface LocalModelStatus {
  readonly state: LocalModelState;
  /** 0 to 100, of what the state says. */
  readonly percent: number;
  /** Of a failure: one sentence with what to do. */
  readonly message?: string;
}

export interface LocalModel extends AsyncDisposable {
  /** Its short name: `qwen2.5-0.5b`, or the file's. */
  readonly name: string;
  status(): LocalModelStatus;
  /** There as soon as `ready`; later crashes are the model's own affair. */
  model(): LanguageModel | undefined;
  info(): LocalModelInfo | undefined;
  /** Resolves when it is ready, failed, off or disposed; never rejects. */
  readonly settled: Promise<LocalModelStatus>;
}

const remedy =
  'The guide answers meanwhile. Set COLLOQUY_LOCAL_MODEL to a GGUF file, or a provider such as OPENAI_API_KEY, ANTHROPIC_API_KEY or OLLAMA_BASE_URL, and start again.';

/** Begins at once, in the background. */
export function startLocalModel(options: LocalModelOptions): LocalModel {
  const logger = options.logger ?? silentLogger;
  const abort = new AbortController();
  const { name, source, path } = locate(options);
  let status: LocalModelStatus = { state: options.choice.kind === 'off' ? 'off' : 'absent', percent: 0 };
  let runtime: LocalRuntime | undefined;
  let ready = false;

  const set = (state: LocalModelState, percent = 0, message?: string) => {
    if (abort.signal.aborted) return;
    const changed = state !== status.state || percent !== status.percent;
    status = { state, percent, ...(message === undefined ? {} : { message }) };
    if (changed) options.onStatus?.(status);
  };

  async function fetchSource(wanted: ModelSource): Promise<void> {
    const bar = createProgressBar(options.terminal ?? { write: () => {} });
    const labels = { fetching: 'Fetching', verifying: 'Checking' };
    let announced = false;
    try {
      await fetchModelFile({
        source: wanted,
        path,
        signal: abort.signal,
        onProgress: ({ state, receivedBytes, totalBytes }) => {
          if (!announced) logger.info({ url: wanted.url, path }, `Fetching the local model ${name}`);
          announced = true;
          set(state, totalBytes ? Math.floor((receivedBytes / totalBytes) * 100) : 0);
          bar.update(`${labels[state]} the local model ${name}`, receivedBytes, totalBytes);
        },
      });
    } finally {
      bar.end();
    }
  }

  async function run(): Promise<void> {
    if (options.choice.kind === 'off') return;
    try {
      if (source !== undefined) await fetchSource(source);
      else await access(path);
    } catch (error) {
      if (abort.signal.aborted) return;
      const why = error instanceof Error ? error.message : String(error);
      if (!(error instanceof FetchError)) logger.debug({ err: error }, 'The local model failed');
      return fail(`The local model can't be had: ${why}.`);
    }
    set('loading');
    runtime = createLocalRuntime({ ...options.runtime, modelPath: path, logger });
    if (abort.signal.aborted) return;
    try {
      await runtime.load();
      ready = true;
      set('ready', 100);
      logger.info({ model: runtime.status().info }, `The local model ${name} is ready`);
    } catch (error) {
      if (!abort.signal.aborted) fail(`${error instanceof Error ? error.message : String(error)}.`);
    }
  }

  function fail(sentence: string): void {
    set('failed', 0, `${sentence} ${remedy}`);
    logger.warn({}, `${sentence} ${remedy}`);
  }

  const settled = run().then(() => status);
  return {
    name,
    settled,
    status: () =>
      status.state === 'loading' && runtime !== undefined
        ? { ...status, percent: runtime.status().percent }
        : status,
    model: () => (ready ? runtime?.model : undefined),
    info: () => runtime?.status().info,
    async [Symbol.asyncDispose]() {
      abort.abort(new Error('The server stops'));
      await runtime?.[Symbol.asyncDispose]();
      await settled;
    },
  };
}

function locate(options: LocalModelOptions): { name: string; source: ModelSource | undefined; path: string } {
  const { choice } = options;
  if (choice.kind === 'off') return { name: 'off', source: undefined, path: '' };
  if (choice.kind === 'file')
    return { name: basename(choice.path).replace(/\.gguf$/i, ''), source: undefined, path: choice.path };
  const named = options.namedSource ?? ((name: NamedLocalModel) => namedModels[name]);
  const source = choice.kind === 'named' ? named(choice.name) : sourceOfUrl(choice.url);
  return { name: source.name, source, path: join(options.dataDir, 'models', source.fileName) };
}
