/** The parent's side of the local model's process: starts it, routes its messages, notices its death. */
import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../../../domain/logger.ts';
import type { ModelRequest } from '../../language-model.ts';
import type {
  FromWorker,
  GenerationEvent,
  LoadOptions,
  LocalModelInfo,
  ToWorker,
} from '../worker/protocol.ts';

/** What a generation is told; `died` comes instead of `end` and `failed` when the process is gone. */
export type WorkerEvent = GenerationEvent | { readonly type: 'died'; readonly message: string };

export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Resolves when the model is loaded, rejects when it can't be. */
  readonly loaded: Promise<LocalModelInfo>;
  /** Resolves, with a sentence about the cause, when the process is gone. */
  readonly exited: Promise<string>;
  /** Only once loaded. */
  generate(request: ModelRequest, seed: number, onEvent: (event: WorkerEvent) => void): { cancel(): void };
  kill(): Promise<void>;
}

const keptErrorLines = 5;
/** Time to end a cancelled generation; the piece of a prompt that is being evaluated has to be finished. */
const obeyMs = 60_000;

export function startWorkerProcess(
  options: LoadOptions,
  logger: Logger,
  onLoading: (percent: number) => void,
): WorkerProcess {
  const child = fork(fileURLToPath(new URL('../worker/llama.worker.ts', import.meta.url)), {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const listeners = new Map<number, (event: WorkerEvent) => void>();
  const lastLines: string[] = [];
  let nextId = 1;
  const loaded = Promise.withResolvers<LocalModelInfo>();
  const exited = Promise.withResolvers<string>();
  // Whoever waits is told; that nobody waits is no crash of the server.
  loaded.promise.catch(() => {});

  const send = (message: ToWorker) => {
    // A process that died meanwhile is reported by `exit`.
    if (child.connected) child.send(message, () => {});
  };
  const onMessage = (message: FromWorker) => {
    switch (message.type) {
      case 'loading':
        return onLoading(message.percent);
      case 'ready':
        return loaded.resolve(message.info);
      case 'load-failed':
        loaded.reject(new Error(message.message));
        return child.kill('SIGKILL');
      case 'log':
        return logger[message.level]({}, `llama.cpp: ${message.message.trim()}`);
      case 'events':
        for (const [id, event] of message.events) {
          const listener = listeners.get(id);
          if (event.type === 'end' || event.type === 'failed') listeners.delete(id);
          listener?.(event);
        }
    }
  };
  const onEnd = (cause: string) => {
    const message = `The process of the local model ended (${cause})`;
    loaded.reject(new Error([message, ...lastLines].join('; ')));
    // First, so that an answer that tries again finds this process gone.
    exited.resolve(message);
    for (const listener of listeners.values()) listener({ type: 'died', message });
    listeners.clear();
  };

  child.on('message', onMessage);
  child.once('exit', (code, signal) => onEnd(signal ?? `exit code ${code}`));
  child.once('error', (error) => onEnd(error.message));
  createInterface({ input: child.stderr! }).on('line', (line) => {
    lastLines.push(line);
    if (lastLines.length > keptErrorLines) lastLines.shift();
    logger.debug({}, `local model: ${line}`);
  });
  send({ type: 'load', options });

  return {
    pid: child.pid,
    loaded: loaded.promise,
    exited: exited.promise,
    generate(request, seed, onEvent) {
      const id = nextId++;
      if (!child.connected) {
        onEvent({ type: 'died', message: 'The process of the local model ended' });
        return { cancel() {} };
      }
      listeners.set(id, onEvent);
      send({ type: 'generate', id, request, seed });
      return {
        cancel() {
          send({ type: 'cancel', id });
          // A process that no longer obeys would keep its sequence for ever.
          setTimeout(() => listeners.has(id) && child.kill('SIGKILL'), obeyMs).unref();
        },
      };
    },
    async kill() {
      child.kill('SIGKILL');
      await exited.promise;
    },
  };
}
