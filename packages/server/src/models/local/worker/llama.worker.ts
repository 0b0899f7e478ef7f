/**
 * The process in which the local model runs. `worker-process.ts` starts it and exchanges the messages of `protocol.ts`
 * with it over IPC; it ends with its parent. node-llama-cpp is loaded only here.
 */
import { setPriority } from 'node:os';
import { getLlama, resolveChatWrapper } from 'node-llama-cpp';
import { looksLikeGguf } from '../file/gguf-header.ts';
import { type Engine, generate } from './generate.ts';
import { chooseGpu } from './gpu.ts';
import type { FromWorker, GenerationEvent, LoadOptions, LocalModelInfo, ToWorker } from './protocol.ts';
import { createSequencePool } from './sequence-pool.ts';
import { measureTokens } from './token-ratio.ts';

const running = new Map<number, AbortController>();
let engine: Engine | undefined;
let outbox: (readonly [number, GenerationEvent])[] = [];

// A signal to the whole process group of a terminal or service is handled by the parent, which then ends this process.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
// SIGKILL is used because an orderly exit would wait for the computing threads.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (message: ToWorker) => {
  if (message.type === 'load') void load(message.options);
  else if (message.type === 'cancel') running.get(message.id)?.abort();
  else void start(message);
});

async function load(options: LoadOptions): Promise<void> {
  try {
    lowerPriority();
    if (!(await looksLikeGguf(options.modelPath))) throw new Error(`${options.modelPath} is no GGUF file`);
    const llama = await getLlama({
      build: 'never',
      skipDownload: true,
      gpu: chooseGpu(),
      maxThreads: options.threads,
      logger: (level, message) => {
        if (level === 'error' || level === 'fatal') send({ type: 'log', level: 'error', message });
        else if (level === 'warn') send({ type: 'log', level: 'warn', message });
      },
    });
    let shownPercent = -1;
    const model = await llama.loadModel({
      modelPath: options.modelPath,
      onLoadProgress: (progress) => {
        const percent = Math.floor(progress * 100);
        if (percent > shownPercent) send({ type: 'loading', percent });
        shownPercent = percent;
      },
    });
    const contextTokens = Math.min(options.contextTokens, model.trainContextSize ?? options.contextTokens);
    const context = await model.createContext({
      contextSize: contextTokens,
      sequences: options.sequences,
      threads: options.threads,
    });
    const sequences = Array.from({ length: options.sequences }, () => context.getSequence());
    const wrapper = resolveChatWrapper(model, { warningLogs: false });
    engine = { llama, model, wrapper, contextTokens, pool: createSequencePool(sequences) };
    const info: LocalModelInfo = {
      name: model.fileInfo.metadata.general?.name ?? model.filename ?? 'local',
      contextTokens,
      trainContextTokens: model.trainContextSize,
      sizeBytes: model.size,
      sequences: options.sequences,
      threads: options.threads,
      chatTemplate: wrapper.wrapperName,
      gpu: llama.gpu,
      ...measureTokens((text) => model.tokenize(text).length),
    };
    send({ type: 'ready', info });
  } catch (error) {
    send({ type: 'load-failed', message: error instanceof Error ? error.message : String(error) });
  }
}

async function start({ id, request, seed }: Extract<ToWorker, { type: 'generate' }>): Promise<void> {
  const controller = new AbortController();
  running.set(id, controller);
  const emit = (event: GenerationEvent) => post(id, event);
  if (engine === undefined)
    emit({ type: 'failed', code: 'provider_error', message: 'the local model is not loaded' });
  else await generate(engine, request, { signal: controller.signal, seed, emit });
  running.delete(id);
}

/** The events of all sequences in one step are sent as one message. */
function post(id: number, event: GenerationEvent): void {
  if (outbox.length === 0) setImmediate(flush);
  outbox.push([id, event]);
}

function flush(): void {
  send({ type: 'events', events: outbox });
  outbox = [];
}

function send(message: FromWorker): void {
  // Where the parent has ended, the listener of `disconnect` ends this process.
  process.send?.(message, undefined, undefined, () => {});
}

function lowerPriority(): void {
  try {
    setPriority(5);
  } catch (error) {
    // Some sandboxes forbid it. The model then competes with the server for the cores.
    send({ type: 'log', level: 'warn', message: `the priority can't be lowered: ${String(error)}` });
  }
}
