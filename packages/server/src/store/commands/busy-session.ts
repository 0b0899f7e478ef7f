/** What becomes of the turns before a new one in its session. */
import { AppError } from '../../domain/errors.ts';
import type { WhenBusy } from '../../domain/generation.ts';
import { maxQueuedTurnsOfSession } from '../../domain/limits/limits.ts';
import type { Database } from '../tables.ts';
import type { liveOfSession } from './turn-statements.ts';

/** The live generations before this turn. */
export interface LiveTurn {
  readonly ahead: readonly { readonly id: string }[];
  readonly interrupted: readonly string[];
}

/**
 * Lets a turn into a session that may be answering, as the turn wishes. The caller holds the session's lock.
 * @throws AppError session_busy, rate_limited (too many turns wait)
 */
export async function passBusy(
  db: Database,
  turn: { readonly whenBusy: WhenBusy; readonly now: number },
  ahead: Awaited<ReturnType<typeof liveOfSession>>,
): Promise<LiveTurn> {
  const running = ahead.find((one) => one.status === 'running') ?? ahead[0];
  if (running !== undefined && turn.whenBusy === 'queue') {
    checkQueue(ahead.filter((one) => one.status === 'queued').length);
  }
  if (running === undefined || turn.whenBusy === 'queue') return { ahead, interrupted: [] };
  if (turn.whenBusy === 'reject') {
    throw new AppError('session_busy', 'the session is still answering', { generation_id: running.id });
  }
  const interrupted = ahead.map((one) => one.id);
  await db
    .updateTable('generation')
    .set({ cancel_requested_at: turn.now })
    .where('id', 'in', interrupted)
    .where('cancel_requested_at', 'is', null)
    .execute();
  return { ahead, interrupted };
}

/** @throws AppError rate_limited, where as many turns wait as a session may have waiting */
export function checkQueue(waiting: number): void {
  if (waiting < maxQueuedTurnsOfSession) return;
  throw new AppError('rate_limited', `at most ${maxQueuedTurnsOfSession} turns may wait in a session`, {
    limit: { name: 'queued_turns', subject: 'session' },
    retry_after_seconds: 5,
  });
}
