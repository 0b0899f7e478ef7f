/**
 * Reads the events up to a cursor. After a crash, and on another replica, they may still be in the journal of the
 * process that wrote them. The read then waits for them, since a client may have seen them.
 */
import type { LogEvent } from '../../domain/event.ts';
import type { Scope } from '../../domain/scope.ts';
import type { GenerationEngine } from '../../generation/interface.ts';

/** Longer than the lease of a dead process, and longer than a live process keeps events out of the segments. */
const defaultPatienceMs = 30_000;

type Engine = Pick<GenerationEngine, 'get' | 'liveText' | 'readEvents' | 'subscribe'>;

/** The events 1 to `seq`; fewer if the log ends before. @throws AppError not_found */
export async function eventsThrough(
  engine: Engine,
  scope: Scope,
  generationId: string,
  seq: number,
  patienceMs = defaultPatienceMs,
): Promise<readonly LogEvent[]> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    // The status is read before the log: if the generation has ended by now, the read gets its whole log.
    const { status } = await engine.get(scope, generationId);
    const isElsewhere = status === 'running' && engine.liveText(generationId) === undefined;
    const events = await engine.readEvents(generationId, seq);
    const leftMs = deadline - performance.now();
    if (events.length >= seq || !isElsewhere || leftMs <= 0) return events;
    await moreAfter(engine, generationId, events.length, leftMs);
  }
}

/** Resolves when there are events after `seq`, when the log has ended, or after `timeoutMs`. */
function moreAfter(engine: Engine, generationId: string, seq: number, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  const subscription = engine.subscribe(generationId, seq, {
    write() {
      resolve();
      return false;
    },
    end: resolve,
    fail: () => resolve(),
  });
  return promise.finally(() => {
    clearTimeout(timer);
    subscription.close();
  });
}
