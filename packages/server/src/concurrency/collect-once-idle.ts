/** Gives back, once, the memory that loading and starting took and running does not need. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Far enough behind the start that what it has left to do is done. */
const intervalMs = 5_000;

/**
 * Collects the garbage of this thread as soon as `isIdle` says so; asked every five seconds, the first time after five.
 * V8 would keep that memory for as long as little is allocated. It holds the thread up for some 30 ms, so it is done
 * where nobody waits, and not again. It does not keep the process alive.
 */
export function collectOnceIdle(isIdle: () => boolean): void {
  const timer = setInterval(() => {
    if (!isIdle()) return;
    clearInterval(timer);
    collect();
  }, intervalMs).unref();
}

/** As if memory ran out: it also makes the young generation small, and returns free pages to the system. */
function collect(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: object) => void;
  gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
