/** A worker that takes longer to load than a call may take, and then answers at once. */
import { answerCalls } from '../../src/concurrency/worker-calls.ts';

Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
answerCalls(() => 'done');
