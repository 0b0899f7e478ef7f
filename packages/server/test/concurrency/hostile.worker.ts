/** A worker for the tests of the pool, which does what a hostile file can make a parser do. */
import { threadId } from 'node:worker_threads';
import { answerCalls } from '../../src/concurrency/worker-calls.ts';

answerCalls((call: { readonly do: string; readonly bytes?: Uint8Array }) => {
  switch (call.do) {
    case 'loop':
      for (;;);
    case 'exit':
      return process.exit(3);
    case 'memory': {
      const all: unknown[] = [];
      for (;;) all.push(new Array(10_000).fill(all.length));
    }
    case 'throw':
      throw new Error('broken');
    case 'count':
      return call.bytes?.length;
    default:
      return threadId;
  }
});
