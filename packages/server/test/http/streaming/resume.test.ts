/**
 * A stream that is resumed goes on, byte for byte, with what the whole one has behind the cursor: in every dialect, from
 * every cursor, while the answer runs and when it has ended. Only what the frames need is read.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { gate, type Step } from 'colloquy-testkit/upstream/scripted-upstream';
import { writeDirectly } from 'colloquy-testkit/write-directly';
import { type RawBuilder, sql } from 'kysely';
import type { LogEvent } from '../../../src/domain/event.ts';
import { dialects, type View, views } from '../../../src/domain/generation.ts';
import { readLastSeq } from '../../../src/store/queries/segments.ts';
import { readLog } from '../../generation/engines.ts';
import { startTestApp } from '../http-app.ts';

const say = (...tokens: string[]): Step => ({ do: 'tokens', tokens });
const think = (...tokens: string[]): Step => ({ do: 'tokens', tokens, reasoning: true });
const call = (id: string): Step => ({
  do: 'tool-call',
  id,
  name: 'look',
  arguments: '{"at":"it"}',
  pieces: 2,
});
/** Whether frames depend on deltas before them; only a stream that is resumed in such a view reads the log from its start. */
const needsDeltas: Readonly<Record<View, boolean>> = {
  chat: false,
  conversation: false,
  chats: false,
  responses: true,
  completions: true,
  ui: true,
  events: false,
};
const source = { index: 1, title: 'A page', url: 'https://page.test/', snippet: 'Words.' };

onBothStores('a stream that is resumed', async (storeEngine) => {
  const app = await startTestApp(
    storeEngine,
    {},
    {
      researcher: {
        async research({ onStatus }) {
          onStatus('searching');
          onStatus('reading');
          return { sources: [source], promptSection: 'Words.', queries: [] };
        },
        async [Symbol.asyncDispose]() {},
      },
    },
  );
  after(() => app[Symbol.asyncDispose]());
  const { engine, prodKey: key, harness } = app;
  const { place, upstream } = harness;

  const run = (statement: RawBuilder<unknown>): Promise<void> =>
    writeDirectly(place, statement.compile(place.store.reads));

  const stream = (generation: string, dialect: string, cursor?: string) =>
    app.stream(`/api/generations/${generation}/stream?dialect=${dialect}`, {
      key,
      ...(cursor !== undefined && { headers: { 'last-event-id': cursor } }),
    });

  /** Compares what comes behind each cursor with the whole; a stream that has not ended is read as far as the whole. */
  async function compare(generation: string, hasEnded: boolean, note: string): Promise<void> {
    for (const dialect of dialects) {
      const whole = await stream(generation, dialect);
      // The last event that is committed is a piece of the text, which every dialect shows.
      const { events: log } = await committed();
      if (hasEnded) await whole.ended;
      else await whole.until(({ events }) => events.at(-1)?.id === `${generation}:${log.length}`);
      const frames = whole.raw().split('\n\n').slice(0, -1);
      whole.close();
      assert.equal(frames.length, whole.events.length);
      assert.ok(frames.length >= 4, `${dialect}: ${frames.length} frames`);
      for (const [index, { id }] of whole.events.entries()) {
        const expected = frames.slice(index + 1);
        if (expected.length === 0) continue;
        const rest = await stream(generation, dialect, id);
        if (hasEnded) await rest.ended;
        else await rest.until(({ events }) => events.length === expected.length);
        rest.close();
        assert.deepEqual(rest.raw().split('\n\n').slice(0, -1), expected, `${note}, ${dialect}, ${id}`);
      }
    }
    async function committed() {
      return { events: await engine.readEvents(generation, Number.MAX_SAFE_INTEGER) };
    }
  }

  /** Starts an answer that stops at each gate; gives what lets it go on to the next. */
  async function start(parts: readonly (readonly Step[])[]) {
    const gates = parts.map(() => gate());
    upstream.enqueue({
      steps: [
        { do: 'headers' },
        ...parts.flatMap((steps, index) => [...steps, gates[index]?.step ?? assert.fail()]),
        { do: 'finish' },
        { do: 'usage', promptTokens: 1, completionTokens: 2 },
        { do: 'end' },
      ],
    });
    const { generationId } = await engine.accept(harness.turn({ text: 'News?' }, { internet: true }));
    const reading = readLog(engine, generationId);
    return { generationId, reading, release: (index: number) => gates[index]?.release() };
  }

  const texts = (events: readonly { readonly event: LogEvent }[]) =>
    events.flatMap(({ event }) => (typeof event === 'string' ? [event] : []));
  /** Waits until this text is the last delta that is committed. */
  async function comes(reading: ReturnType<typeof readLog>, text: string): Promise<void> {
    while (texts(reading.events).at(-1) !== text) await reading.until(reading.events.length + 1);
  }

  /** Moves what is committed to segments; a move that is under way already may leave some of it. */
  async function move(generationId: string, { events }: ReturnType<typeof readLog>): Promise<void> {
    const seq = events.length;
    while ((await readLastSeq(place.store.reads, generationId)) < seq) await engine.settleBeforeDelete([]);
  }

  test('goes on as the whole one, from every cursor of every dialect', async () => {
    const { generationId, reading, release } = await start([
      [think('First', ' I\n', 'think'), say('One', ' two\n', ' three')],
      [call('a'), call('b'), say(' four')],
      [think('Again'), say(' five', ' \u2028six')],
    ]);
    await comes(reading, ' three');
    await compare(generationId, false, 'in memory');
    await move(generationId, reading);
    await compare(generationId, false, 'in a segment');
    release(0);
    await comes(reading, ' four');
    await compare(generationId, false, 'in a segment and in memory');
    await move(generationId, reading);
    release(1);
    await comes(reading, ' \u2028six');
    await compare(generationId, false, 'in segments and in memory');
    release(2);
    await reading.ended;
    await compare(generationId, true, 'ended');
    const log = reading.events.map(({ event }) => event);
    const types = new Set(log.map((event) => (typeof event === 'string' ? 'delta' : event.type)));
    for (const type of ['status', 'sources', 'part-started', 'part-finished', 'delta'])
      assert.ok(types.has(type as never), type);
    assert.equal(log.filter((event) => typeof event === 'object' && event.type === 'part-started').length, 6);

    const segments = sql`update segment set is_plain = null where generation_id = ${generationId}`;
    await run(segments);
    await compare(generationId, true, 'segments of an older version');

    await run(sql`delete from segment where generation_id = ${generationId}`);
    for (const [index, event] of log.entries()) {
      const [seq, isPlain] = [index + 1, typeof event === 'string' ? 1 : null];
      const row = sql`insert into segment (generation_id, first_seq, last_seq, events, is_plain) values (${generationId},
        ${seq}, ${seq}, ${JSON.stringify([event])}, ${sql`cast(${isPlain} as integer)`})`;
      await run(row);
    }
    await compare(generationId, true, 'a segment for each event');
  });

  test('reads no segment of deltas before that of its cursor', async () => {
    const { generationId, reading, release } = await start([
      [say('One', ' two')],
      [say(' three')],
      [say(' four')],
      [say(' five')],
    ]);
    for (const [index, text] of [' two', ' three', ' four', ' five'].entries()) {
      await comes(reading, text);
      // The last piece stays in memory.
      if (index < 3) {
        await move(generationId, reading);
        release(index);
      }
    }
    // Whoever reads this segment fails.
    const damage = sql`update segment set events = 'damaged' where generation_id = ${generationId} and events = '[" three"]'`;
    await run(damage);
    await assert.rejects(engine.readEvents(generationId, Number.MAX_SAFE_INTEGER));
    const cursor = `${generationId}:${reading.events.find(({ event }) => event === ' four')?.seq ?? 0}`;
    /** Gives the stream, or nothing for a view that must read the damage. */
    async function resume(view: View) {
      if (!needsDeltas[view]) return stream(generationId, view, cursor);
      const path = `/api/generations/${generationId}/stream?dialect=${view}`;
      const failed = await app.call(path, { key, headers: { 'last-event-id': cursor } });
      assert.equal(failed.status, 500, view);
      return undefined;
    }
    for (const view of views) {
      const rest = await resume(view);
      await rest?.until(({ raw }) => raw().includes('five'));
      rest?.close();
    }
    release(3);
    await reading.ended;
    for (const view of views) {
      const rest = await resume(view);
      if (rest === undefined) continue;
      await rest.ended;
      assert.match(rest.raw(), /five/);
      assert.doesNotMatch(rest.raw(), /four/);
      for (const { id } of rest.events.slice(0, -1)) await (await stream(generationId, view, id)).ended;
    }
  });

  test('a cursor that no dialect issued, or that is behind the log, is refused', async () => {
    const { generationId, reading, release } = await start([[think('Hm'), say('One')]]);
    await comes(reading, 'One');
    release(0);
    await reading.ended;
    const last = reading.events.length;
    for (const cursor of [last + 1, 2_147_483_647, 2_147_483_648, 999_999_999_999_999, `${last}.9`, '1.9']) {
      const path = `/api/generations/${generationId}/stream`;
      const refused = await app.call(path, {
        key,
        headers: { 'last-event-id': `${generationId}:${cursor}` },
      });
      assert.deepEqual([refused.status, refused.body.code], [400, 'invalid_request'], String(cursor));
    }
  });
});
