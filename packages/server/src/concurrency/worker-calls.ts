/** The worker's side of a pool: the messages between the two, and the loop that answers calls. */
import { parentPort } from 'node:worker_threads';

/** A call is any value that can be cloned (structured clone algorithm). */
export type Call = unknown;

export type Answer = { readonly result: unknown } | { readonly error: string };

/** The first message of a worker, sent once it is loaded. */
export interface Ready {
  readonly isReady: true;
}

/** Answers every call with the result of `work`. Call it once, at the end of a `*.worker.ts`. */
export function answerCalls<C extends Call>(work: (call: C) => unknown): void {
  const port = parentPort;
  if (port === null) throw new Error('this file runs as a worker thread');
  port.on('message', async (call: C) => {
    port.postMessage(await answerTo(call, work));
  });
  port.postMessage({ isReady: true } satisfies Ready);
}

async function answerTo<C extends Call>(call: C, work: (call: C) => unknown): Promise<Answer> {
  try {
    return { result: await work(call) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
