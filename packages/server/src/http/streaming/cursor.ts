/** Event ids as cursors: `<generation>:<seq>`, or `<generation>:<seq>.<k>` for a frame before its event's last. */
import type { FastifyRequest } from 'fastify';
import { AppError } from '../../domain/errors.ts';
import { uuidSource } from '../../domain/ids.ts';
import { maxSeq } from '../../store/queries/segments.ts';

export interface Cursor {
  readonly generationId: string;
  /** Number of the event in the generation's log, from 1. */
  readonly seq: number;
  /** Number of the frame in its event (`.<k>`), from 1; absent for the event's last frame. */
  readonly part?: number;
}

const pattern = new RegExp(`^(${uuidSource}):([1-9]\\d{0,14})(?:\\.([1-9]\\d{0,8}))?$`);

/** @throws AppError invalid_request for a text that is not an event id */
export function parseCursor(text: string): Cursor {
  const [, generationId, seq, part] = pattern.exec(text) ?? [];
  if (generationId === undefined || Number(seq) > maxSeq) throw neverIssued();
  return {
    generationId,
    seq: Number(seq),
    ...(part !== undefined && { part: Number(part) }),
  };
}

export function neverIssued(): AppError {
  return new AppError(
    'invalid_request',
    'the cursor (Last-Event-ID, or after) is no event id of this generation',
  );
}

/** The header, else the query's `after`. An empty value counts as absent, as with EventSource. */
export function cursorText(request: FastifyRequest, after?: string): string | undefined {
  return lastEventId(request) ?? (after || undefined);
}

export function lastEventId(request: FastifyRequest): string | undefined {
  const header = request.headers['last-event-id'];
  return (Array.isArray(header) ? header[0] : header) || undefined;
}

/** Whether a request has no `Last-Event-ID`: `writes` of a route where one with it only reads. */
export function isNoReconnect(request: FastifyRequest): boolean {
  return lastEventId(request) === undefined;
}
