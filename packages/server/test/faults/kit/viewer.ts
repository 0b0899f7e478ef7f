/** A viewer of one generation, which follows it to its end through every break, or leaves on its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientStream, type Frame, generationOf, openStream } from 'colloquy-testkit/event-stream';
import type { Dialect } from '../../../src/domain/generation.ts';
import type { Host } from './host.ts';
import type { Ledger } from './ledger.ts';
import type { Random } from './random.ts';

export interface World {
  readonly host: Host;
  readonly ledger: Ledger;
  readonly headers: Readonly<Record<string, string>>;
  /** The dialects of the server. */
  readonly dialects: readonly Dialect[];
}

/** A viewer's behaviour: it reads steadily, reconnects every few frames, reads slowly, or leaves for good. */
export type Manner =
  | { readonly kind: 'steady' }
  | { readonly kind: 'hops'; readonly everyFrames: number }
  | { readonly kind: 'slow'; readonly pauseMs: number }
  | { readonly kind: 'leaves'; readonly afterFrames: number };

export function anyManner(random: Random): Manner {
  const kind = random.weighted({ steady: 6, hops: 2, slow: 1, leaves: 1 });
  switch (kind) {
    case 'hops':
      return { kind, everyFrames: random.between(1, 30) };
    case 'slow':
      return { kind, pauseMs: random.between(50, 600) };
    case 'leaves':
      return { kind, afterFrames: random.between(0, 20) };
    default:
      return { kind };
  }
}

export function isTerminal(dialect: Dialect, frame: Frame | undefined): boolean {
  if (frame === undefined) return false;
  if (frame.data === '[DONE]') return true;
  // Their other frames have types of their own, or none; only the last one counts.
  if (dialect === 'completions' || dialect === 'responses') return false;
  if (dialect === 'chats') return frame.event === 'done' || frame.event === 'error';
  const { type } = JSON.parse(frame.data) as { type: string };
  return type === 'done' || type === 'error' || type === 'end';
}

/** Reads an open stream to its end, by the viewer's behaviour. Gives whether the generation's end was seen. */
export async function readStream(
  world: World,
  stream: ClientStream,
  sighting: { readonly dialect: Dialect; readonly after: string },
  manner: Manner,
): Promise<{ readonly cursor: string; readonly isOver: boolean }> {
  const { ledger } = world;
  ledger.sightings.push({ ...sighting, generationId: generationOf(stream), frames: stream.frames });
  ledger.streamOpened();
  let count = 0;
  const take = (frame: Frame): void => {
    count += 1;
    if (count === 1) ledger.moments.emit('first-frame');
    if (isTerminal(sighting.dialect, frame)) ledger.moments.emit('last-frame');
    if (manner.kind === 'hops' && count === manner.everyFrames) stream.destroy();
    if (manner.kind === 'leaves' && count === manner.afterFrames) stream.destroy();
    if (manner.kind === 'slow' && count % 10 === 1) {
      stream.pause();
      setTimeout(() => stream.resume(), manner.pauseMs);
    }
  };
  for (const frame of stream.frames) take(frame);
  stream.onFrame(take);
  if (manner.kind === 'leaves' && manner.afterFrames === 0) stream.destroy();
  const what = `the end of ${generationOf(stream)} in ${sighting.dialect} behind "${sighting.after}"`;
  const end = await ledger.during(what, stream.closed);
  ledger.streamClosed(stream.frames.length);
  const isOver = isTerminal(sighting.dialect, stream.frames.at(-1));
  if (end === 'ended' && !isOver) ledger.earlyEnds += 1;
  return { cursor: stream.frames.at(-1)?.id ?? sighting.after, isOver };
}

/** Reconnects, in any dialect, until it has seen the generation's end. */
export async function follow(
  world: World,
  generationId: string,
  from: { readonly cursor: string; readonly isOver: boolean },
  manner: Manner,
  random: Random,
): Promise<void> {
  const { host, ledger, headers } = world;
  let { cursor, isOver } = from;
  while (!isOver) {
    const dialect = random.pick(world.dialects);
    const query = new URLSearchParams({ dialect });
    const asHeader = random.chance(0.8);
    if (!asHeader && cursor !== '') query.set('after', cursor);
    const url = `${await host.url()}/api/generations/${generationId}/stream?${query}`;
    const lastEventId = asHeader && cursor !== '' ? { 'last-event-id': cursor } : {};
    const opening = openStream({ url, headers: { ...headers, ...lastEventId } }).catch(() => undefined);
    const stream = await ledger.during(`resuming ${generationId} behind "${cursor}" in ${dialect}`, opening);
    if (stream === undefined) {
      await sleep(20);
      continue;
    }
    ledger.totals.resumes += 1;
    if (stream.status === 200) {
      ({ cursor, isOver } = await readStream(world, stream, { dialect, after: cursor }, manner));
      continue;
    }
    const end = await stream.closed;
    if (stream.status === 204) return;
    if (end === 'broken') continue;
    if (stream.status === 503) {
      ledger.totals.unavailable += 1;
      await sleep(50);
      continue;
    }
    ledger.violate(
      `resuming ${generationId} behind "${cursor}" in ${dialect}: ${stream.status} ${stream.body()}`,
    );
    return;
  }
}
