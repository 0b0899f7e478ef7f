/**
 * The bare relay with what Colloquy promises of a start, and nothing else: the turn is on the disk before the model is
 * asked, and the first token before it is sent. Each is one row in SQLite, written by a thread of its own; what arrives
 * together shares a commit. What Colloquy takes beyond it is its own.
 */
import { Worker } from 'node:worker_threads';
import { serveRelay } from './plain-relay.ts';

const worker = new Worker(new URL('floor-writer.ts', import.meta.url), { workerData: process.argv[3] });
const waiting: (() => void)[] = [];
let outbox: [table: 'turn' | 'token', id: string, text: string][] = [];

// Each answer is the number of rows that were committed, in the order in which they were sent.
worker.on('message', (count: number) => {
  for (const resolve of waiting.splice(0, count)) resolve();
});

function store(table: 'turn' | 'token', id: string, text: string): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (outbox.push([table, id, text]) === 1) setImmediate(flush);
  });
}

function flush(): void {
  worker.postMessage(outbox);
  outbox = [];
}

serveRelay({
  turn: (id, message) => store('turn', id, message),
  firstFrame: (id, frame) => store('token', id, frame),
});
