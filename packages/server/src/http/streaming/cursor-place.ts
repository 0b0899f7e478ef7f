/**
 * Finds the event of a cursor. After a crash, and on another replica, it may still be in the journal of the process that
 * wrote it. The read then waits for it, since a client may have seen it.
 */
import type { Scope } from '../../domain/scope.ts';
import type { GenerationEngine, LogPlace } from '../../generation/interface.ts';

/** Longer than the lease of a dead process, and longer than a live process keeps events out of the segments. */
const defaultPatienceMs = 30_000;

type Engine = Pick<GenerationEngine, 'get' | 'liveText' | 'readPlace' | 'subscribe'>;

/** Event `seq` and what else than deltas is before it; undefined if the log ends before. @throws AppError not_found */
export async function placeOf(
  engine: Engine,
  scope: Scope,
  generationId: string,
  seq: number,
  patienceMs = defaultPatienceMs,
): Promise<LogPlace | undefined> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    // The status is read before the log: if the generation has ended by now, the read gets its whole log.
    const { status } = await engine.get(scope, generationId);
    const isElsewhere = status === 'running' && engine.liveText(generationId) === undefined;
    const place = await engine.readPlace(generationId, seq, false);
    const leftMs = deadline - performance.now();
    if (place !== undefined || !isElsewhere || leftMs <= 0) return place;
    await comes(engine, generationId, seq, leftMs);
  }
}

/** Resolves when event `seq` is there, when the log has ended, or after `timeoutMs`. */
function comes(engine: Engine, generationId: string, seq: number, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  const subscription = engine.subscribe(generationId, seq - 1, {
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
