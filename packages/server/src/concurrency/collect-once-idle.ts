/** Gives back, once, the memory that loading and starting took and running does not need. */
import { flushCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Far enough behind the start that what it has left to do is done. */
const intervalMs = 5_000;

/**
 * Collects the garbage of this thread as soon as `isIdle` says so; asked every five seconds, the first time after five.
 * V8 would keep that memory for as long as little is allocated. It holds the thread up for some 30 ms, so it is done
 * where nobody waits, and not again. It does not keep the process alive.
 *
 * Before it asks, it writes what this thread has compiled into Node's cache of compiled modules, where there is one: 4 ms
 * the first time. Node would do so at a clean exit, and keep in memory until then what it has read.
 */
export function collectOnceIdle(isIdle: () => boolean): void {
  const timer = setInterval(() => {
    flushCompileCache();
    if (!isIdle()) return;
    clearInterval(timer);
    collect();
  }, intervalMs).unref();
}

/**
 * As if memory ran out: it also makes the young generation small, and returns free pages to the system. A load that
 * begins then would double the young generation step by step, and collect it dozens of times meanwhile, which cost a
 * tenth of a turn's CPU (`bench/turn`); so it now grows in one step to what it had before.
 */
function collect(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (options: object) => void;
  gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  setFlagsFromString('--semi-space-growth-factor=16');
}
