/** The local model of the environment: its file is fetched if need be, checked and loaded, all in the background. */
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Logger, silentLogger } from '../../domain/logger.ts';
import type { LocalModelState, NamedLocalModel } from '../../domain/model.ts';
import type { Proxies } from '../../network/proxies.ts';
import type { LanguageModel } from '../language-model.ts';
import { FetchError } from './file/fetch-error.ts';
import { fetchModelFile } from './file/fetch-model-file.ts';
import { type ModelSource, namedModels, sourceOfUrl } from './file/model-source.ts';
import { type BarStream, createProgressBar } from './file/progress-bar.ts';
import { createLocalRuntime, type LocalRuntime, type LocalRuntimeOptions } from './process/runtime.ts';
import type { LocalModelInfo } from './worker/protocol.ts';

/** The parsed value of `COLLOQUY_LOCAL_MODEL`; `config.localModel` has this shape. */
export type LocalModelChoice =
  | { readonly kind: 'off' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'named'; readonly name: NamedLocalModel };

export interface LocalModelOptions {
  readonly choice: LocalModelChoice;
  /** Fetched files are stored in its folder `models`. */
  readonly dataDir: string;
  readonly runtime?: Omit<LocalRuntimeOptions, 'modelPath' | 'logger'>;
  readonly logger?: Logger;
  /** The proxies through which the file is fetched. */
  readonly proxies?: Proxies | undefined;
  /** Shows a progress bar if it is a terminal. */
  readonly terminal?: BarStream;
  readonly onStatus?: (status: LocalModelStatus) => void;
  /** Where a named model is fetched from. Tests name a server on loopback. */
  readonly namedSource?: (name: NamedLocalModel) => ModelSource;
}

export interface LocalModelStatus {
  readonly state: LocalModelState;
  /** How much of the state's work is done, 0 to 100. */
  readonly percent: number;
  /** What went wrong and what to do about it, where the state is `failed`. */
  readonly message?: string;
}

export interface LocalModel extends AsyncDisposable {
  /** A short name: `qwen2.5-0.5b`, or that of the file. */
  readonly name: string;
  status(): LocalModelStatus;
  /** Defined once the state is `ready`. After a crash the model restarts by itself. */
  model(): LanguageModel | undefined;
  info(): LocalModelInfo | undefined;
  /** The size of its file, as far as it is known. */
  bytes(): number | undefined;
  /** Resolves when the model is ready, failed, off or disposed; never rejects. */
  readonly settled: Promise<LocalModelStatus>;
}

const unchecked =
  'the file of the local model is taken as it comes, since nothing is known of it; end its address with #sha256=<its SHA-256> to have it checked';

const remedy =
  'The guide answers meanwhile. Set COLLOQUY_LOCAL_MODEL to a GGUF file, or set a provider such as OPENAI_API_KEY, ' +
  'ANTHROPIC_API_KEY or OLLAMA_BASE_URL, and start again.';

/** Starts at once, in the background. */
export function startLocalModel(options: LocalModelOptions): LocalModel {
  const logger = options.logger ?? silentLogger;
  const abort = new AbortController();
  const { name, source, path } = locate(options);
  let status: LocalModelStatus = { state: options.choice.kind === 'off' ? 'off' : 'absent', percent: 0 };
  let runtime: LocalRuntime | undefined;
  let ready = false;
  let bytes = source?.expected?.bytes;

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
        proxies: options.proxies,
        onProgress: ({ state, receivedBytes, totalBytes }) => {
          if (!announced) {
            logger.info({ url: wanted.url, path }, `fetching the local model ${name}`);
            if ((wanted.expected?.sha256 ?? wanted.sha256) === undefined) {
              logger.warn({ url: wanted.url }, unchecked);
            }
          }
          announced = true;
          bytes = totalBytes ?? bytes;
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
      bytes = (await stat(path)).size;
    } catch (error) {
      if (abort.signal.aborted) return;
      const why = error instanceof Error ? error.message : String(error);
      if (!(error instanceof FetchError)) logger.debug({ err: error }, 'the local model failed');
      return fail(`the local model can't be had: ${why}`);
    }
    set('loading');
    runtime = createLocalRuntime({ ...options.runtime, modelPath: path, logger });
    if (abort.signal.aborted) return;
    try {
      await runtime.load();
      ready = true;
      set('ready', 100);
      logger.info({ model: runtime.status().info }, `the local model ${name} is ready`);
    } catch (error) {
      if (!abort.signal.aborted) fail(error instanceof Error ? error.message : String(error));
    }
  }

  function fail(message: string): void {
    const notice = `${asSentence(message)} ${remedy}`;
    set('failed', 0, notice);
    logger.warn({}, notice);
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
    bytes: () => bytes,
    async [Symbol.asyncDispose]() {
      abort.abort(new Error('the server stops'));
      await runtime?.[Symbol.asyncDispose]();
      await settled;
    },
  };
}

function asSentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
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
