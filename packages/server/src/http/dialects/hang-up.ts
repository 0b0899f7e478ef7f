/** The end of a client's connection, for a call that waits. */
import type { Socket } from 'node:net';
import { AppError } from '../../domain/errors.ts';

export interface HangUp extends Disposable {
  /** Aborted once the connection is closed. Dispose of it when the call has been answered. */
  readonly signal: AbortSignal;
}

export function whenGone(socket: Socket): HangUp {
  const controller = new AbortController();
  const leave = (): void => controller.abort(new AppError('invalid_request', 'the client has gone'));
  if (socket.destroyed) leave();
  else socket.once('close', leave);
  return { signal: controller.signal, [Symbol.dispose]: () => void socket.off('close', leave) };
}
