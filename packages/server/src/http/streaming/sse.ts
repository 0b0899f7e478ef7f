/**
 * Server-sent events on raw responses: headers go out at the end of the turn of the event loop, with the frames that it
 * brings, behind the requests to models that leave in it. Frames are written whole, a comment breaks a long silence, and
 * the bytes that wait for a slow reader are bounded.
 */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { eventStreamHeaders } from '../answer/base-headers.ts';
import { located } from '../request/base-path.ts';

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
/** Characters of frames that wait for the headers at most; with more they leave at once. */
const maxEarlyLength = 64 * 1024;

interface OpenStream {
  readonly response: ServerResponse;
  /** Its headers, until they are sent. */
  headers: OutgoingHttpHeaders | undefined;
  /** Frames that wait for the headers. */
  early: string;
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
    begin(stream);
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
  /** Sends the headers, and the frames that wait for them. Gives false if the reader is slow. */
  const begin = (stream: OpenStream): boolean => {
    const { response, headers, early } = stream;
    if (headers === undefined) return true;
    stream.headers = undefined;
    stream.early = '';
    response.writeHead(200, headers);
    if (early === '') response.flushHeaders();
    return early === '' || response.write(early) || response.writableLength <= maxBufferedBytes;
  };
  const end = (stream: OpenStream): void => {
    if (stream.ended) return;
    begin(stream);
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
      const stream: OpenStream = {
        response,
        headers: eventStreamHeaders(reply, { 'content-location': located(reply, location) }),
        early: '',
        silentLooks: 0,
        ended: response.destroyed,
        isOneSided: false,
      };
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
      setImmediate(() => {
        if (!stream.ended) begin(stream);
      });
      return {
        write(frames) {
          if (stream.ended) return true;
          stream.silentLooks = 0;
          if (stream.headers !== undefined) {
            stream.early += frames;
            return stream.early.length <= maxEarlyLength || begin(stream);
          }
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
