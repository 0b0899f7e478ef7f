/** A worker for the tests of the pool, which does what a hostile file can make a parser do. */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { threadId } from 'node:worker_threads';
import { answerCalls } from '../../src/concurrency/worker-calls.ts';

const kept: Uint8Array[] = [];

answerCalls((call: { readonly do: string; readonly bytes?: Uint8Array; readonly path?: string }) => {
  switch (call.do) {
    case 'loop':
      for (;;);
    case 'exit':
      return process.exit(3);
    case 'memory': {
      const all: unknown[] = [];
      for (;;) all.push(new Array(10_000).fill(all.length));
    }
    case 'buffers': {
      const all: Uint8Array[] = [];
      for (;;) all.push(new Uint8Array(16 * 2 ** 20).fill(1));
    }
    case 'keep':
      kept.push(new Uint8Array(250 * 2 ** 20));
      return process.pid;
    case 'one-buffer':
      return new Uint8Array(3 * 2 ** 30).fill(1).length;
    case 'long-answer':
      return 'x'.repeat(3 * 2 ** 20);
    case 'print':
      process.stdout.write('a line on standard output');
      return console.log('and another one');
    case 'leave-a-rejection':
      setTimeout(() => void Promise.reject(new Error('late')), 1);
      return null;
    case 'environment':
      return process.env;
    case 'pid':
      return process.pid;
    case 'write':
      return writeFileSync(String(call.path), 'x');
    case 'throw':
      throw new Error('broken');
    case 'count':
      return call.bytes?.length;
    default:
      return threadId || process.pid;
  }
});
