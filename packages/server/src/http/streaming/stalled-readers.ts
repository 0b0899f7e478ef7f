/**
 * Drops clients that take nothing of what waits for them. Such a connection would keep its answer, its descriptor and up
 * to some hundred KiB of memory for as long as the client likes. It concerns every answer, streams and long lists alike;
 * whoever read a stream may resume it behind the last event that arrived.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export interface StalledReaderOptions {
  /** How long a client may take nothing while something waits for it. Default: a minute. */
  readonly stalledMs?: number;
  /** Called with each connection that is about to be dropped. */
  onDrop?(): void;
}

const defaultStalledMs = 60_000;
/** A connection is looked at this often in `stalledMs`, so that it is dropped at most an eighth too late. */
const looksInThatTime = 8;

/** What a connection's client had taken at the last look that saw a change. */
interface Progress {
  taken: Taken | undefined;
  /** By the clock of `performance.now()`. */
  since: number;
}

/** Two of them are equal exactly where the operating system has taken nothing between them. */
interface Taken {
  /** Bytes of the writes that are done. */
  readonly written: number;
  /** Bytes of the write that is under way which the operating system has not taken yet. */
  readonly left: number;
}

/** Watches the connections of a server until it is disposed. */
export function dropStalledReaders(server: Server, options: StalledReaderOptions = {}): Disposable {
  const { stalledMs = defaultStalledMs, onDrop } = options;
  const connections = new Map<Socket, Progress>();
  const onConnection = (socket: Socket): void => {
    connections.set(socket, { taken: undefined, since: performance.now() });
    socket.once('close', () => connections.delete(socket));
  };
  const look = (): void => {
    const now = performance.now();
    for (const [socket, progress] of connections) {
      const taken = takenFrom(socket);
      if (taken === undefined || !isEqual(taken, progress.taken)) {
        progress.taken = taken;
        progress.since = now;
      } else if (now - progress.since >= stalledMs) {
        onDrop?.();
        socket.destroy();
      }
    }
  };
  server.on('connection', onConnection);
  const timer = setInterval(look, stalledMs / looksInThatTime).unref();
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      server.off('connection', onConnection);
      connections.clear();
    },
  };
}

/** Undefined where nothing waits for the client. */
function takenFrom(socket: Socket): Taken | undefined {
  if (socket.writableLength === 0) return undefined;
  return { written: socket.bytesWritten - socket.writableLength, left: bytesLeft(socket) };
}

/** Node has no public name for it; its own timeouts of sockets look at it too, to see that a long write goes on. */
function bytesLeft(socket: Socket): number {
  const { _handle: handle } = socket as { _handle?: { writeQueueSize?: number } | null };
  return handle?.writeQueueSize ?? 0;
}

function isEqual(a: Taken, b: Taken | undefined): boolean {
  return a.written === b?.written && a.left === b.left;
}
