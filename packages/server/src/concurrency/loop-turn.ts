/**
 * Gives pieces of work that hold up the event loop their turns: one piece in each turn of the loop, whoever asks. What
 * else waits for the loop (tokens of streams, health checks) comes between two pieces, however many lists are read at
 * once.
 */

const waiting: (() => void)[] = [];
let isTaken = false;

/**
 * Resolves when the next piece may run; at once if none has run in this turn. The piece is what follows up to the next
 * `await` of something that is not there yet, and should take a few milliseconds at most.
 */
export function loopTurn(): Promise<void> {
  if (!isTaken) {
    isTaken = true;
    setImmediate(next);
    return Promise.resolve();
  }
  return new Promise((resolve) => waiting.push(resolve));
}

function next(): void {
  const resolve = waiting.shift();
  if (resolve === undefined) {
    isTaken = false;
    return;
  }
  // Immediates that are made in an immediate run after the next look at sockets and timers.
  setImmediate(next);
  resolve();
}
