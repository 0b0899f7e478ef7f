/**
 * Preloaded into a server's process, it writes to standard error at each SIGUSR2 what its main thread holds after a full
 * collection: `live bytes: <heap and buffers>`. Resident memory would also count what was freed.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  process.on('SIGUSR2', () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    process.stderr.write(`live bytes: ${heapUsed + external}\n`);
  });
}
