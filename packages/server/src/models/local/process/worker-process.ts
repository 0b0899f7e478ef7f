/** The parent's side of the local model's process: it starts the process, routes its messages and notices its end. */
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

/** An event of a generation; `died` comes instead of `end` and `failed` where the process has ended. */
export type WorkerEvent = GenerationEvent | { readonly type: 'died'; readonly message: string };

export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Resolves when the model is loaded; rejects where it can't be. */
  readonly loaded: Promise<LocalModelInfo>;
  /** Resolves with the cause when the process has ended. */
  readonly exited: Promise<string>;
  /** May be called once the model is loaded. */
  generate(request: ModelRequest, seed: number, onEvent: (event: WorkerEvent) => void): { cancel(): void };
  kill(): Promise<void>;
}

const keptErrorLines = 5;
/** How long a cancelled generation may take to end. It first has to evaluate the current chunk of its prompt. */
const obeyMs = 60_000;

/** What the process gets from the server. */
export interface WorkerHost {
  readonly logger: Logger;
  /** Its whole environment. */
  readonly environment: Readonly<Record<string, string>>;
}

export function startWorkerProcess(
  options: LoadOptions,
  { logger, environment }: WorkerHost,
  onLoading: (percent: number) => void,
): WorkerProcess {
  const child = fork(fileURLToPath(new URL('../worker/llama.worker.ts', import.meta.url)), {
    execArgv: [],
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const listeners = new Map<number, (event: WorkerEvent) => void>();
  const lastLines: string[] = [];
  let nextId = 1;
  const loaded = Promise.withResolvers<LocalModelInfo>();
  const exited = Promise.withResolvers<string>();
  // Without this, a failed load that nobody waits for would crash the server.
  loaded.promise.catch(() => {});

  const send = (message: ToWorker) => {
    // The listener of `exit` reports a process that has ended meanwhile.
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
    const message = `the process of the local model ended (${cause})`;
    loaded.reject(new Error([message, ...lastLines].join('; ')));
    // This comes first, so that an answer that is tried again does not find the old process.
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
        onEvent({ type: 'died', message: 'the process of the local model ended' });
        return { cancel() {} };
      }
      listeners.set(id, onEvent);
      send({ type: 'generate', id, request, seed });
      return {
        cancel() {
          send({ type: 'cancel', id });
          // A process that does not react would keep its sequence for ever.
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
