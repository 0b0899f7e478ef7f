/**
 * Server-sent events on raw responses: headers go out at once, frames are written whole, a comment breaks a long
 * silence, and the bytes that wait for a slow reader are bounded.
 */
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { eventStreamHeaders } from '../answer/base-headers.ts';

export interface SseStream {
  /** Writes whole frames. Gives false if the reader is slow: write no more until `onDrain`. */
  write(frames: string): boolean;
  /** Ends the response after the frames written so far. */
  end(): void;
  /** Breaks the response off, so that the client knows that it is incomplete. */
  abort(): void;
}

export interface StreamListener {
  onDrain(): void;
  /** Called when the response is over, whoever ended it. */
  onClose(): void;
}

export interface SseOptions {
  /** The value of `Content-Location`: the address at which the stream can be resumed. */
  readonly location: string;
}

/** Every open stream of a server. */
export interface SseHub {
  readonly openCount: number;
  open(reply: FastifyReply, options: SseOptions, listener: StreamListener): SseStream;
  /** Ends every stream after the frames written so far; clients reconnect with their last event id. */
  endAll(): void;
}

export interface SseHubOptions {
  /** Interval of the checks for silence; a comment is sent after three checks without a frame. */
  readonly heartbeatMs?: number;
  /** A reader with more unsent bytes than this counts as slow. */
  readonly maxBufferedBytes?: number;
}

/** With 4.5 s between checks a silence lasts 9 to 13.5 s. */
const defaultHeartbeatMs = 4500;
const looksOfSilence = 3;
/** Longer than most ways to a client and back. */
const secondPingMs = 250;
const defaultMaxBufferedBytes = 256 * 1024;

interface OpenStream {
  readonly response: ServerResponse;
  /** Number of checks since the last write. */
  silentLooks: number;
  ended: boolean;
  /** Whether the client has closed its side. */
  isOneSided: boolean;
}

export function createSseHub(options: SseHubOptions = {}): SseHub {
  const { heartbeatMs = defaultHeartbeatMs, maxBufferedBytes = defaultMaxBufferedBytes } = options;
  const streams = new Set<OpenStream>();
  let timer: NodeJS.Timeout | undefined;

  const look = (): void => {
    for (const stream of streams) {
      stream.silentLooks += 1;
      if (stream.isOneSided || stream.silentLooks >= looksOfSilence) ping(stream);
    }
  };
  const ping = (stream: OpenStream): void => {
    if (stream.ended || stream.response.writableNeedDrain) return;
    stream.silentLooks = 0;
    stream.response.write(': ping\n\n');
  };
  const add = (stream: OpenStream): void => {
    streams.add(stream);
    timer ??= setInterval(look, heartbeatMs).unref();
  };
  const remove = (stream: OpenStream): void => {
    streams.delete(stream);
    if (streams.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  const end = (stream: OpenStream): void => {
    if (stream.ended) return;
    stream.ended = true;
    stream.response.end();
  };

  return {
    get openCount() {
      return streams.size;
    },
    open(reply, { location }, listener) {
      reply.hijack();
      const response = reply.raw;
      const stream: OpenStream = { response, silentLooks: 0, ended: response.destroyed, isOneSided: false };
      const { socket } = response;
      // A client that sends no more has closed its side, or is gone. The system knows which once it has sent something,
      // and says so at the next write.
      let second: NodeJS.Timeout | undefined;
      const onLastByte = (): void => {
        stream.isOneSided = true;
        ping(stream);
        second = setTimeout(ping, secondPingMs, stream).unref();
      };
      socket?.once('end', onLastByte);
      const onClose = (): void => {
        socket?.off('end', onLastByte);
        clearTimeout(second);
        stream.ended = true;
        remove(stream);
        listener.onClose();
      };
      // A client that is gone already closes no second time.
      if (response.destroyed) queueMicrotask(onClose);
      else response.once('close', onClose);
      // Every error of the connection is followed by 'close', which ends the stream.
      response.on('error', () => undefined);
      response.on('drain', () => listener.onDrain());
      add(stream);
      socket?.setNoDelay(true);
      response.writeHead(200, eventStreamHeaders(reply, { 'content-location': location }));
      // The headers leave with frames that come within this turn of the event loop, else alone.
      let areHeadersOut = false;
      setImmediate(() => {
        if (!areHeadersOut && !stream.ended) response.flushHeaders();
      });
      return {
        write(frames) {
          if (stream.ended) return true;
          stream.silentLooks = 0;
          areHeadersOut = true;
          return response.write(frames) || response.writableLength <= maxBufferedBytes;
        },
        end: () => end(stream),
        abort() {
          stream.ended = true;
          response.destroy();
        },
      };
    },
    endAll() {
      for (const stream of streams) end(stream);
    },
  };
}
