/**
 * A thread in a worker process that ends the process where it takes too much memory, or where its program is gone. The
 * main thread of the process cannot: a hostile call may hold it for ever.
 */
import { writeSync } from 'node:fs';
import process from 'node:process';
import { parentPort, workerData } from 'node:worker_threads';
import { beyondResidentMemory, type WatchdogData } from './watchdog-data.ts';

/** Memory can grow by some megabytes in each millisecond; the bound on address space holds in between. */
const intervalMs = 20;

const { parent, maxResidentMegabytes } = workerData as WatchdogData;

setInterval(() => {
  if (process.memoryUsage.rss() > maxResidentMegabytes * 2 ** 20) {
    writeSync(2, `\n${beyondResidentMemory}\n`);
    process.kill(process.pid, 'SIGKILL');
  }
  if (!isAlive(parent)) process.kill(process.pid, 'SIGKILL');
}, intervalMs);
parentPort?.postMessage('watching');

/** On POSIX a process whose parent has ended gets another parent; on Windows it keeps the number. */
function isAlive(parent: number): boolean {
  if (process.platform !== 'win32') return process.ppid === parent;
  try {
    return process.kill(parent, 0);
  } catch {
    return false;
  }
}
