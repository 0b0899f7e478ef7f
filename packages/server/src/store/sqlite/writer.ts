/** The main thread's end of the writer: requests of one turn of the event loop travel in one message. */
import { Worker } from 'node:worker_threads';
import { deserializeError } from '../../domain/errors.ts';
import { storeUnavailable } from '../unavailable.ts';
import type { WriterError, WriterOptions, WriterReply, WriterRequest } from './protocol.ts';

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

export interface SqliteWriter extends AsyncDisposable {
  send(request: DistributiveOmit<WriterRequest, 'id'>): Promise<unknown>;
  /** Hands over what was sent at once, instead of at the end of this turn of the event loop. */
  flush(): void;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

function revive(error: WriterError): Error {
  if (error.kind === 'app') return deserializeError(error.error);
  const revived = new Error(`the store could not write: ${error.message}`);
  if (error.kind === 'unavailable') return storeUnavailable(revived);
  if (error.stack !== undefined) revived.stack = error.stack;
  return revived;
}

/** Starts the thread, which migrates the database; resolves once it can write. */
export async function startSqliteWriter(options: WriterOptions): Promise<SqliteWriter> {
  const worker = new Worker(new URL('./writer.worker.ts', import.meta.url), { workerData: options });
  const pending = new Map<number, Pending>();
  let outbox: WriterRequest[] = [];
  let nextId = 1;
  let gone: Error | undefined;

  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });

  const fail = (error: Error): void => {
    gone = error;
    for (const one of pending.values()) one.reject(error);
    pending.clear();
  };
  worker.on('message', (replies: WriterReply[]) => {
    for (const reply of replies) {
      const one = pending.get(reply.id);
      pending.delete(reply.id);
      if (reply.ok) one?.resolve(reply.value);
      else one?.reject(revive(reply.error));
    }
  });
  worker.on('error', (error) => fail(storeUnavailable(error)));
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      fail(storeUnavailable(new Error('the store is closed')));
      resolve();
    });
  });

  const flush = (): void => {
    if (outbox.length === 0) return;
    const requests = outbox;
    outbox = [];
    worker.postMessage(requests);
  };

  return {
    flush,
    send(request) {
      if (gone !== undefined) return Promise.reject(gone);
      const id = nextId++;
      return new Promise((resolve, reject) => {
        pending.set(id, { resolve, reject });
        if (outbox.push({ ...request, id } as WriterRequest) === 1) setImmediate(flush);
      });
    },
    async [Symbol.asyncDispose]() {
      flush();
      worker.postMessage('close');
      await exited;
    },
  };
}
