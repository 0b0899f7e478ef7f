/** Reads whole logs, to check cursors, to recover, and to answer without a stream. */
import { loopTurn } from '../../concurrency/loop-turn.ts';
import { AppError } from '../../domain/errors.ts';
import { type EventRun, eventsFrom, isFinalEvent, type LogEvent } from '../../domain/event.ts';
import type { Outcome } from '../../domain/generation.ts';
import { maxSeq, readSegments, readStructuredSegments } from '../../store/queries/segments.ts';
import type { Database } from '../../store/store.ts';
import type { GenerationEngine, LogPlace } from '../interface.ts';
import type { LiveDirectory } from './live-generations.ts';
import { MessageBuilder } from './message-builder.ts';

/** Segments that are one piece of work for the event loop. */
const segmentsAtOnce = 2;

/** The committed events from 1 up to `throughSeq`. @throws Error where the log has a gap */
export async function readCommitted(
  reads: Database,
  lives: LiveDirectory,
  generationId: string,
  throughSeq: number,
): Promise<LogEvent[]> {
  const events: LogEvent[] = [];
  while (events.length < throughSeq) {
    const inMemory = lives.findTail(generationId)?.committedAfter(events.length);
    if (inMemory !== undefined && inMemory.events.length > 0) {
      for (const event of inMemory.events) events.push(event);
      continue;
    }
    await loopTurn();
    const segments = await readSegments(reads, generationId, events.length, segmentsAtOnce);
    if (segments.length === 0) break;
    for (const segment of segments) {
      const next = eventsFrom(segment, events.length + 1);
      if (next === undefined) throw new Error(`the log of ${generationId} lacks event ${events.length + 1}`);
      for (const event of next) events.push(event);
    }
  }
  return events.slice(0, throughSeq);
}

/** An event of a log, and what is before it: all, or all but the deltas. Undefined if the log ends before. */
export function readPlace(
  reads: Database,
  lives: LiveDirectory,
  generationId: string,
  seq: number,
  isWhole: boolean,
): Promise<LogPlace | undefined> {
  return (isWhole ? readWholePlace : readStructuredPlace)(reads, lives, generationId, seq);
}

/** However long the log is, only the event's segment is read and those that may hold structured events. */
async function readStructuredPlace(
  reads: Database,
  lives: LiveDirectory,
  generationId: string,
  seq: number,
): Promise<LogPlace | undefined> {
  if (seq > maxSeq) return undefined;
  // What memory holds beyond the segments is taken before anything is awaited: it moves to segments.
  const tail = lives.findTail(generationId);
  const inMemory =
    tail !== undefined && tail.segmentedSeq < seq ? tail.committedAfter(tail.segmentedSeq) : undefined;
  await loopTurn();
  // A process that has lost its lease, and does not know it yet, has less in memory than there is.
  const isThere = inMemory !== undefined && inMemory.firstSeq + inMemory.events.length > seq;
  const [segment] = isThere ? [] : await readSegments(reads, generationId, seq - 1, 1);
  const own = isThere ? inMemory : segment;
  const event = own?.events[seq - own.firstSeq];
  if (own === undefined || event === undefined) return undefined;
  const before = await readStructured(reads, generationId, own.firstSeq);
  for (const one of own.events.slice(0, seq - own.firstSeq)) if (typeof one !== 'string') before.push(one);
  return { seq, event, before, isWhole: false };
}

/** The events before `beforeSeq`, which begins a segment or follows the last, that are no deltas. */
async function readStructured(reads: Database, generationId: string, beforeSeq: number): Promise<LogEvent[]> {
  const found: LogEvent[] = [];
  for (let after = 0; ; ) {
    await loopTurn();
    const place = { after, before: beforeSeq, limit: segmentsAtOnce };
    const segments = await readStructuredSegments(reads, generationId, place);
    for (const { firstSeq, events } of segments) {
      events.forEach((event, index) => {
        if (typeof event !== 'string' && firstSeq + index < beforeSeq) found.push(event);
      });
      after = firstSeq;
    }
    if (segments.length < segmentsAtOnce) return found;
  }
}

async function readWholePlace(
  reads: Database,
  lives: LiveDirectory,
  generationId: string,
  seq: number,
): Promise<LogPlace | undefined> {
  const events = await readCommitted(reads, lives, generationId, seq);
  const event = events[seq - 1];
  return event === undefined ? undefined : { seq, event, before: events.slice(0, -1), isWhole: true };
}

/** The stored events of a damaged log: those before the first that is missing, or can't be read. */
export async function readUndamaged(reads: Database, generationId: string): Promise<LogEvent[]> {
  const events: LogEvent[] = [];
  for (;;) {
    const [segment] = await readSegments(reads, generationId, events.length, 1).catch(() => []);
    const next = segment && eventsFrom(segment, events.length + 1);
    if (next === undefined) return events;
    for (const event of next) events.push(event);
  }
}

/** Resolves with the text and the outcome once the generation has ended. */
export function awaitAnswer(
  engine: Pick<GenerationEngine, 'subscribe'>,
  generationId: string,
  signal?: AbortSignal,
): ReturnType<GenerationEngine['answer']> {
  const { promise, resolve, reject } =
    Promise.withResolvers<Awaited<ReturnType<GenerationEngine['answer']>>>();
  const builder = new MessageBuilder();
  let outcome: Outcome | undefined;
  const subscription = engine.subscribe(generationId, 0, {
    write(run: EventRun) {
      for (const event of run.events) {
        builder.apply(event);
        if (isFinalEvent(event)) outcome = event;
      }
      return true;
    },
    end() {
      if (outcome === undefined) reject(new AppError('internal', 'the answer ended without an outcome'));
      else resolve({ text: builder.text(), parts: builder.parts(), outcome });
    },
    fail: reject,
  });
  const leave = (): void => {
    subscription.close();
    reject(signal?.reason);
  };
  if (signal?.aborted === true) leave();
  else signal?.addEventListener('abort', leave, { once: true });
  return promise.finally(() => signal?.removeEventListener('abort', leave));
}
