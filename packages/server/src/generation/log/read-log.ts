/** Reads whole logs, to check cursors, to recover, and to answer without a stream. */
import { AppError } from '../../domain/errors.ts';
import { type EventRun, eventsFrom, isFinalEvent, type LogEvent } from '../../domain/event.ts';
import type { Outcome } from '../../domain/generation.ts';
import { readSegments } from '../../store/queries/generations.ts';
import type { Database } from '../../store/store.ts';
import type { GenerationEngine } from '../interface.ts';
import type { LiveDirectory } from './live-generations.ts';
import { MessageBuilder } from './message-builder.ts';

const segmentsAtOnce = 64;

/** The committed events from 1 up to `throughSeq`. @throws Error where the log has a gap */
export async function readCommitted(
  reads: Database,
  lives: LiveDirectory,
  generationId: string,
  throughSeq: number,
): Promise<LogEvent[]> {
  const events: LogEvent[] = [];
  while (events.length < throughSeq) {
    const inMemory = lives.find(generationId)?.committedAfter(events.length);
    if (inMemory !== undefined) {
      for (const event of inMemory.events) events.push(event);
      break;
    }
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
): Promise<{ readonly text: string; readonly outcome: Outcome }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ text: string; outcome: Outcome }>();
  const builder = new MessageBuilder();
  let outcome: Outcome | undefined;
  engine.subscribe(generationId, 0, {
    write(run: EventRun) {
      for (const event of run.events) {
        builder.apply(event);
        if (isFinalEvent(event)) outcome = event;
      }
      return true;
    },
    end() {
      if (outcome === undefined) reject(new AppError('internal', 'the answer ended without an outcome'));
      else resolve({ text: builder.text(), outcome });
    },
    fail: reject,
  });
  return promise;
}
