/** Reads the store beside the server, and checks the promises that depend on the store alone. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Place } from 'colloquy-testkit/place';
import { Client } from 'pg';
import type { LogEvent } from '../../../src/domain/event.ts';
import { MessageBuilder } from '../../../src/generation/log/message-builder.ts';

type Row = Record<string, unknown>;

export interface Disk extends AsyncDisposable {
  all(sql: string): Promise<Row[]>;
}

/** Opens the database of a server that may be running. */
export async function openDisk(place: Place): Promise<Disk> {
  if (place.databaseUrl === undefined) {
    const database = new DatabaseSync(join(place.dataDir, 'colloquy.db'), { timeout: 10_000 });
    return {
      all: async (sql) => database.prepare(sql).all() as Row[],
      [Symbol.asyncDispose]: async () => database.close(),
    };
  }
  const client = new Client({ connectionString: place.databaseUrl });
  await client.connect();
  return {
    all: async (sql) => (await client.query(sql)).rows as Row[],
    [Symbol.asyncDispose]: () => client.end(),
  };
}

export interface StoredGeneration {
  readonly id: string;
  readonly status: string;
  readonly sessionId: string;
  /** Position of the question in its conversation. */
  readonly position: number;
  readonly question: string;
  readonly answer: string;
  readonly messageStatus: string;
  readonly events: readonly LogEvent[];
}

export interface StoredState {
  readonly generations: ReadonlyMap<string, StoredGeneration>;
  /** Sentences that describe violations in the store itself. */
  readonly violations: readonly string[];
}

/** Reads and checks everything; call it only while nothing runs. It skips `knownIds`, which were checked before. */
export async function readStored(
  disk: Disk,
  isSqlite: boolean,
  knownIds: ReadonlySet<string> = new Set(),
): Promise<StoredState> {
  const violations: string[] = [];
  const logs = await readLogs(disk, knownIds, violations);
  const rows = await disk.all(
    `select g.id, g.status, g.session_id, q.position, q.text as question, a.text as answer, a.status as message_status
     from generation g join message q on q.id = g.reply_to join message a on a.id = g.message_id`,
  );
  const generations = new Map<string, StoredGeneration>();
  for (const row of rows) {
    const id = String(row.id);
    if (knownIds.has(id)) continue;
    const events = logs.get(id) ?? [];
    const generation: StoredGeneration = {
      id,
      status: String(row.status),
      sessionId: String(row.session_id),
      position: Number(row.position),
      question: String(row.question),
      answer: String(row.answer),
      messageStatus: String(row.message_status),
      events,
    };
    generations.set(id, generation);
    violations.push(...brokenIn(generation));
  }
  violations.push(...(await brokenOverall(disk, isSqlite)));
  return { generations, violations };
}

async function readLogs(
  disk: Disk,
  knownIds: ReadonlySet<string>,
  violations: string[],
): Promise<Map<string, LogEvent[]>> {
  const logs = new Map<string, LogEvent[]>();
  const segments = await disk.all(
    'select generation_id, first_seq, last_seq, events from segment order by generation_id, first_seq',
  );
  for (const { generation_id, first_seq, last_seq, events } of segments) {
    const id = String(generation_id);
    if (knownIds.has(id)) continue;
    const log = logs.get(id) ?? [];
    logs.set(id, log);
    const parsed = JSON.parse(String(events)) as LogEvent[];
    if (Number(first_seq) !== log.length + 1 || Number(last_seq) !== log.length + parsed.length) {
      violations.push(`${id}: a segment ${first_seq}–${last_seq} of ${parsed.length} follows ${log.length}`);
    }
    log.push(...parsed);
  }
  return logs;
}

function brokenIn(generation: StoredGeneration): string[] {
  const { id, status, answer, messageStatus, events } = generation;
  const broken: string[] = [];
  if (status === 'running' || status === 'queued') broken.push(`${id}: left ${status}`);
  if (messageStatus !== status) broken.push(`${id}: is ${status}, but its message is ${messageStatus}`);
  const ends = events.filter((event) => typeof event === 'object' && event.type === 'generation-finished');
  if (ends.length !== 1) broken.push(`${id}: ${ends.length} terminal events`);
  const last = events.at(-1);
  if (typeof last !== 'object' || last.type !== 'generation-finished')
    broken.push(`${id}: the terminal event is not the last one`);
  else if (last.status !== status) broken.push(`${id}: is ${status}, but its log says ${last.status}`);
  const builder = new MessageBuilder();
  for (const event of events) builder.apply(event);
  if (builder.text() !== answer) broken.push(`${id}: the message is not what its log tells`);
  return broken;
}

async function brokenOverall(disk: Disk, isSqlite: boolean): Promise<string[]> {
  const broken: string[] = [];
  const twice = await disk.all(
    'select reply_to, attempt from generation group by reply_to, attempt having count(*) > 1',
  );
  if (twice.length > 0) broken.push(`${twice.length} messages were answered twice`);
  const loose = await disk.all('select key from idempotency where result is null');
  if (loose.length > 0) broken.push(`${loose.length} idempotency claims have no result`);
  if (!isSqlite) return broken;
  const integrity = (await disk.all('pragma integrity_check')).map((row) => Object.values(row)[0]);
  if (integrity.join() !== 'ok') broken.push(`integrity_check: ${integrity.join('; ')}`);
  const keys = await disk.all('pragma foreign_key_check');
  if (keys.length > 0) broken.push(`foreign_key_check: ${keys.length} rows`);
  return broken;
}
