/** The worker's side of a pool: the messages between the two, and the loop that answers calls. */
import process from 'node:process';
import { deserialize } from 'node:v8';
import { parentPort, Worker } from 'node:worker_threads';
import { FrameReader, frameOf } from './frames.ts';
import type { WatchdogData } from './watchdog-data.ts';

/** A call is any value that can be cloned (structured clone algorithm). */
export type Call = unknown;

/** The result of a thread is any value that can be cloned; that of a process is written as JSON. */
export type Answer = ({ readonly result?: unknown } | { readonly error: string }) & {
  /** The worker holds so much memory after this call that the next one gets another worker. */
  readonly isSpent?: boolean;
};

/** The first message of a worker, sent once it is loaded. */
export interface Ready {
  readonly isReady: true;
}

/** Answers every call with the result of `work`. Call it once, at the end of a `*.worker.ts`. */
export function answerCalls<C extends Call>(work: (call: C) => unknown): void {
  const port = parentPort;
  if (port === null) answerOnPipes(work);
  else {
    port.on('message', async (call: C) => {
      port.postMessage(await answerTo(call, work));
    });
    port.postMessage({ isReady: true } satisfies Ready);
  }
}

/** A process that holds more than this share of its bound after a call would fail a later one for what it kept. */
const spentShare = 0.6;

/** Buffers count with their length: what was never written to is not resident, but fills the data segment. */
function isSpent(maxResidentMegabytes: number): boolean {
  const { rss, external } = process.memoryUsage();
  return Math.max(rss, external) > maxResidentMegabytes * 2 ** 20 * spentShare;
}

/** A worker process gets its calls on standard input, one frame each, and answers on standard output. */
function answerOnPipes<C extends Call>(work: (call: C) => unknown): void {
  const write = process.stdout.write.bind(process.stdout);
  // What a library prints must not get between the frames.
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  const send = (message: Answer | Ready, onSent?: () => void): void => {
    const [header, body] = frameOf(Buffer.from(JSON.stringify(message)));
    write(header);
    write(body, onSent);
  };
  const maxResidentMegabytes = Number(process.argv[2]);
  const watchdog = new Worker(new URL('./watchdog.worker.ts', import.meta.url), {
    workerData: {
      parent: process.ppid,
      maxResidentMegabytes,
    } satisfies WatchdogData,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
  });
  // A library may still be at work on the file before; its errors are not those of the call under way.
  process.on('unhandledRejection', () => {});
  process.on('uncaughtException', () => {});
  const frames = new FrameReader(Number.MAX_SAFE_INTEGER);
  const listen = (): void => {
    process.stdin.on('data', async (chunk: Buffer) => {
      for (const body of frames.push(chunk)) {
        const answer = await answerTo(deserialize(body) as C, work);
        send(isSpent(maxResidentMegabytes) ? { ...answer, isSpent: true } : answer);
      }
    });
    process.stdin.on('end', () => process.exit());
  };
  // No call begins unwatched, or before the program knows that it can.
  watchdog.once('message', () => send({ isReady: true }, listen));
}

async function answerTo<C extends Call>(call: C, work: (call: C) => unknown): Promise<Answer> {
  try {
    return { result: await work(call) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
