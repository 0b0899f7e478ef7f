/** Compares what the clients received with the store and with the server's later answers. */

import { type Frame, openStream } from 'colloquy-testkit/event-stream';
import { canBeWhole, turnOf, wholeAnswer } from './behaviours.ts';
import type { Ledger, Sighting } from './ledger.ts';
import type { StoredGeneration, StoredState } from './stored-log.ts';

const replaysAtOnce = 8;
const longestReplayMs = 20_000;

/** Sentences that describe broken promises. */
export async function verify(
  ledger: Ledger,
  stored: StoredState,
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<string[]> {
  return [
    ...stored.violations,
    ...[...stored.generations.values()].flatMap(checkAnswer),
    ...checkStarts(ledger, stored),
    ...checkOrder(ledger, stored),
    ...checkCancels(ledger, stored),
    ...(await checkSightings(ledger, stored, url, headers)),
  ];
}

/** Checks that a stored answer is the beginning of what the upstream said. */
function checkAnswer({ id, question, answer, status }: StoredGeneration): string[] {
  const turn = turnOf(question);
  if (turn === undefined) return [`${id}: answers what nobody asked: ${question}`];
  const whole = wholeAnswer(turn);
  if (!whole.startsWith(answer)) return [`${id}: holds what the model did not say: ${answer.slice(0, 80)}`];
  if (status === 'done' && (answer !== whole || !canBeWhole(turn))) return [`${id}: done, but not whole`];
  return [];
}

/** Checks that a question has at most one generation, and exactly one if a client was told so. */
function checkStarts(ledger: Ledger, { generations }: StoredState): string[] {
  const broken: string[] = [];
  const byQuestion = Map.groupBy(generations.values(), ({ question }) => question);
  for (const { question, key, generationIds, refused } of ledger.asked.values()) {
    const started = byQuestion.get(question) ?? [];
    const what = `"${question}"${key === undefined ? '' : ' with a key'}`;
    if (started.length > 1) broken.push(`${what} was started ${started.length} times`);
    if (generationIds.size > 1) broken.push(`${what} was told to be ${[...generationIds].join(' and ')}`);
    for (const id of generationIds) {
      if (!started.some((generation) => generation.id === id))
        broken.push(`${what}: ${id} is not in the store`);
    }
    if (refused && key === undefined && started.length > 0) broken.push(`${what} was refused, but started`);
  }
  for (const [question, calls] of Map.groupBy(ledger.modelCalls, (called) => called)) {
    if (calls.length > 1) broken.push(`the model was called ${calls.length} times for "${question}"`);
  }
  return broken;
}

/**
 * Checks that the turns of a session reach the model in the order in which they were accepted. It looks only at turns
 * that ended by the model's answer: the call of another turn may still be on its way when the next turn's call comes.
 */
function checkOrder(ledger: Ledger, { generations }: StoredState): string[] {
  const broken: string[] = [];
  const calledAt = new Map(ledger.modelCalls.map((question, index) => [question, index]));
  for (const [sessionId, turns] of Map.groupBy(generations.values(), (one) => one.sessionId)) {
    let last = -1;
    for (const turn of turns.toSorted((a, b) => a.position - b.position)) {
      const at = calledAt.get(turn.question);
      if (at === undefined) continue;
      if (at < last) broken.push(`session ${sessionId}: "${turn.question}" overtook a turn before it`);
      if (wasAnswered(turn)) last = Math.max(last, at);
    }
  }
  return broken;
}

/** Whether the model ended the answer, and not a cancel, the death of a server, or a timeout. */
function wasAnswered({ status, events }: StoredGeneration): boolean {
  const end = events.at(-1);
  if (typeof end !== 'object' || end.type !== 'generation-finished') return false;
  return status === 'done' || (status === 'failed' && end.error?.code !== 'provider_timeout');
}

function checkCancels(ledger: Ledger, { generations }: StoredState): string[] {
  return ledger.cancels
    .filter(({ generationId, status }) => generations.get(generationId)?.status !== status)
    .map(({ generationId, status }) => {
      const now = generations.get(generationId)?.status;
      return `${generationId}: a cancel was told ${status}, but it is ${now}`;
    });
}

async function checkSightings(
  ledger: Ledger,
  { generations }: StoredState,
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<string[]> {
  const broken: string[] = [];
  const groups = [
    ...Map.groupBy(ledger.sightings, ({ generationId, dialect }) => `${generationId} ${dialect}`).values(),
  ];
  await Promise.all(
    Array.from({ length: replaysAtOnce }, async () => {
      for (let group = groups.pop(); group !== undefined; group = groups.pop()) {
        const { generationId, dialect } = group[0] as Sighting;
        if (!generations.has(generationId)) {
          broken.push(`${generationId}: was seen, but is not in the store`);
          continue;
        }
        const replay = await openStream({
          url: `${url}/api/generations/${generationId}/stream?dialect=${dialect}`,
          headers,
        });
        const cut = setTimeout(() => replay.destroy(), longestReplayMs);
        const end = await replay.closed;
        clearTimeout(cut);
        if (replay.status !== 200 || end !== 'ended') {
          broken.push(`${generationId}: its replay in ${dialect} is ${replay.status}, ${end}`);
          continue;
        }
        for (const sighting of group) broken.push(...compare(sighting, replay.frames));
      }
    }),
  );
  return broken;
}

/** Checks that the received frames are, to the letter, those that the replay has right behind the cursor. */
function compare({ generationId, dialect, after, frames }: Sighting, replay: readonly Frame[]): string[] {
  const ids = replay.map(({ id }) => id);
  if (new Set(ids).size !== ids.length) return [`${generationId}: its replay in ${dialect} repeats an id`];
  const begin = after === '' ? 0 : replay.findIndex(({ id }) => isBehind(id, after));
  const expected = begin < 0 ? [] : replay.slice(begin, begin + frames.length);
  const differs = frames.findIndex(({ raw }, index) => raw !== expected[index]?.raw);
  if (differs < 0) return [];
  return [
    `${generationId}: in ${dialect} behind "${after}", frame ${differs} was ${JSON.stringify(frames[differs]?.raw)}, ` +
      `but the replay has ${JSON.stringify(expected[differs]?.raw)}`,
  ];
}

/** Whether one event id stands behind another of the same generation: `<id>:<seq>` comes after all `<id>:<seq>.<k>`. */
function isBehind(id: string, cursor: string): boolean {
  const [seq, part] = placeOf(id);
  const [cursorSeq, cursorPart] = placeOf(cursor);
  return seq > cursorSeq || (seq === cursorSeq && part > cursorPart);
}

function placeOf(id: string): [seq: number, part: number] {
  const [seq, part] = (id.split(':')[1] ?? '').split('.').map(Number);
  return [seq ?? 0, part ?? Number.POSITIVE_INFINITY];
}
