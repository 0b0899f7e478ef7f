/**
 * Lets the requests that arrive at once begin over several turns of the event loop, so that tokens of streams and timers
 * come between them, however many one client sends.
 */
import type { FastifyInstance } from 'fastify';

export interface SpreadOptions {
  /** For how long requests may begin in a turn of the event loop, in milliseconds. The first one always may. */
  readonly turnMs?: number;
  /** Monotonic, in milliseconds. */
  readonly now?: () => number;
}

/** Requests that begin in a turn at most, where they have waited. */
const mostInTurn = 16;

/** Requests begin in the order in which they came. Call it before any other hook is added that does work. */
export function spreadRequests(app: FastifyInstance, options: SpreadOptions = {}): void {
  const { turnMs = 2, now = () => performance.now() } = options;
  const waiting: (() => void)[] = [];
  /** When the first request of this turn began; undefined: none has. */
  let begunAt: number | undefined;
  let isScheduled = false;

  const hasTime = (): boolean => begunAt === undefined || now() - begunAt < turnMs;
  const begin = (done: () => void): void => {
    begunAt ??= now();
    schedule();
    done();
  };
  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(nextTurn);
  };
  const nextTurn = (): void => {
    begunAt = undefined;
    isScheduled = false;
    if (waiting.length === 0) return;
    // Immediates that are made in an immediate run after the next look at sockets and timers. What a request does before
    // it waits for anything runs behind its own immediate, and so counts for those behind it.
    for (let count = Math.min(waiting.length, mostInTurn); count > 0; count--) setImmediate(beginWaiting);
    schedule();
  };
  const beginWaiting = (): void => {
    const done = hasTime() ? waiting.shift() : undefined;
    if (done !== undefined) begin(done);
  };

  app.addHook('onRequest', (_request, _reply, done) => {
    if (waiting.length > 0 || !hasTime()) waiting.push(done);
    else begin(done);
  });
}
