/** The schema of the server's health. */
import { type Static, Type } from 'typebox';
import { loadLevels } from '../../../concurrency/load/load-watch.ts';
import { localModelStates } from '../../../domain/model.ts';
import { toTime, toTimeOrNull } from '../../../domain/text/time.ts';
import type { LastBackup } from '../../../store/backup/last-backup.ts';
import { nullable, oneOf, orNull, TimeField } from '../../openapi/fields.ts';
import type { Health, ProviderHealth } from '../../operations/health/health.ts';
import { percentiles } from '../usage/schema.ts';

const Count = (description: string, example = 3) =>
  Type.Integer({ minimum: 0, description, examples: [example] });
const Bytes = (description: string) => Type.Number({ minimum: 0, description, examples: [1_048_576] });
const Milliseconds = (description: string) =>
  nullable(Type.Number({ minimum: 0, description, examples: [2.5] }));

export const HealthResource = Type.Object(
  {
    version: Type.String({ description: "The server's version.", examples: ['0.1.0'] }),
    uptime_seconds: Count('Time since the start of this process.', 86_400),
    store: Type.Object(
      {
        engine: oneOf(['sqlite', 'postgres'], { description: 'What stores the data.', examples: ['sqlite'] }),
        answers: Type.Boolean({ description: 'Whether it answers.', examples: [true] }),
        schema: nullable(
          Type.String({ description: 'The newest migration that it has.', examples: ['0020-limits'] }),
        ),
        bytes: nullable(Bytes('Size of the database.')),
        connections: orNull(
          Type.Object(
            {
              open: Count('Connections to PostgreSQL.'),
              idle: Count('Those that nobody uses.'),
              waiting: Count('Calls that wait for one.', 0),
            },
            { description: 'Connections of this process.' },
          ),
        ),
      },
      { description: 'The store. What is null is not known while it does not answer, or is not there.' },
    ),
    bus: orNull(
      Type.Object(
        {
          answers: Type.Boolean({ description: 'Whether it carries messages now.', examples: [true] }),
          problem: nullable(
            Type.String({ description: 'Why it does not.', examples: ['the connection broke'] }),
          ),
        },
        { description: 'Redis, by which servers tell each other what happens; null without `REDIS_URL`.' },
      ),
    ),
    replicas: orNull(
      Type.Array(
        Type.Object(
          {
            owner: Type.Integer({ description: 'The number under which it writes.', examples: [7] }),
            lease_ms: Type.Number({
              description: 'Until its lease ends; negative: it is dead, and is taken over shortly.',
              examples: [8200],
            }),
          },
          { description: 'A process.' },
        ),
        {
          description: 'The processes on this store, the oldest first; null while the store does not answer.',
        },
      ),
    ),
    streams: Type.Object(
      {
        open: Count('Open event streams of this process.'),
        viewers: Count('Streams and waiting calls that follow answers that run here.'),
      },
      { description: 'Who reads.' },
    ),
    generations: Type.Object(
      {
        running: Count('Answers that run in this process.'),
        queued: nullable(Count('Turns that wait for others of their session, on all servers.', 0)),
      },
      { description: 'What runs and waits.' },
    ),
    background_jobs: Type.Object(
      { running: Count('Being written.', 0), waiting: Count('Waiting.', 0) },
      { description: 'Titles and summaries.' },
    ),
    commits: Type.Object(
      {
        count: Count('Commits of the journal since the start.', 4000),
        mean_ms: Milliseconds('Their mean time.'),
        p50_ms: Milliseconds('A bound that half of them kept.'),
        p99_ms: Milliseconds('A bound that 99 % of them kept; null: beyond 10 s, or there were none.'),
      },
      { description: 'How long events take to the disk.' },
    ),
    journal: Type.Object(
      { rows: Count('Rows.', 120), bytes: Bytes('Their size.') },
      { description: 'What this process has in the journal and in no segment yet.' },
    ),
    providers: Type.Array(
      Type.Object(
        {
          provider: Type.String({ description: 'Its name.', examples: ['openai'] }),
          answered: Count('Answers.', 250),
          failed: Count('Answers that failed.', 2),
          errors: Type.Unsafe<Record<string, number>>({
            type: 'object',
            additionalProperties: { type: 'integer' },
            description: 'Calls that failed, by HTTP status; `none`: no response.',
            examples: [{ '429': 2 }],
          }),
          first_token_ms: percentiles(
            'From the request until the first token, of answers of the last hour, in milliseconds.',
          ),
          duration_ms: percentiles(
            'From the request until the end, of answers of the last hour that were not broken off, in milliseconds.',
          ),
          last_error: orNull(
            Type.Object(
              {
                at: TimeField('When it failed.'),
                status: nullable(
                  Type.Integer({
                    description: "The HTTP status of the provider's response; null: there was none.",
                    examples: [429],
                  }),
                ),
                message: Type.String({
                  description:
                    'Why. What the provider said is left out where it may quote a conversation; keys are struck out.',
                  examples: ['the provider openai answered 429: Rate limit reached for requests'],
                }),
              },
              {
                title: 'ProviderFailure',
                description: 'The last call that failed since the start, also where it was made again.',
              },
            ),
          ),
        },
        { description: 'A provider.' },
      ),
      { description: 'Providers that were called since the start of this process.' },
    ),
    local_model: orNull(
      Type.Object(
        {
          name: Type.String({ description: 'Its name.', examples: ['qwen2.5-0.5b'] }),
          state: oneOf(localModelStates, { description: 'How far it is.', examples: ['ready'] }),
          percent: Type.Number({
            minimum: 0,
            maximum: 100,
            description: 'How much is fetched, checked or loaded, as `state` says.',
            examples: [100],
          }),
          problem: nullable(
            Type.String({
              description: 'Why it failed, and what to do.',
              examples: ["The local model can't be had: the disk is full."],
            }),
          ),
          bytes: nullable(Bytes('Size of its file; null while it is not known.')),
        },
        { title: 'LocalModel', description: 'The model of COLLOQUY_LOCAL_MODEL; off where there is none.' },
      ),
    ),
    last_backup: orNull(
      Type.Object(
        {
          file: Type.String({ description: 'Its path.', examples: ['/data/backups/2026-11-26.db'] }),
          ended_at: TimeField('When it ended.'),
          ok: Type.Boolean({ description: 'Whether it is whole and verified.', examples: [true] }),
          bytes: nullable(Bytes('Its size; null where it failed.')),
          error: nullable(
            Type.String({ description: 'Why it failed.', examples: ['no space is left on the disk'] }),
          ),
          succeeded_at: nullable(
            TimeField('When the last one that is whole has ended; null: there was none.'),
          ),
        },
        { description: 'A backup.' },
      ),
    ),
    disk: orNull(
      Type.Object(
        { free_bytes: Bytes('Free.'), total_bytes: Bytes('In all.') },
        { description: 'The disk of `DATA_DIR`.' },
      ),
    ),
    load: orNull(
      Type.Object(
        {
          level: oneOf(loadLevels, { description: 'What is refused.', examples: ['normal'] }),
          loop_delay_ms: Type.Number({
            description: "The event loop's longest delay of late.",
            examples: [4.5],
          }),
          memory_percent: Type.Number({ description: 'Of the heap, or of the container.', examples: [31] }),
        },
        { description: 'Whether the process keeps up.' },
      ),
    ),
    memory: Type.Object(
      { resident_bytes: Bytes('Of the main process.'), heap_bytes: Bytes('Of its heap.') },
      { description: 'Memory in use.' },
    ),
  },
  { title: 'Health', description: 'How this server is.' },
);

export function toHealthResource(health: Health): Static<typeof HealthResource> {
  const { store, bus, replicas, engine, commits, disk, load } = health;
  const { readings } = store;
  return {
    version: health.version,
    uptime_seconds: health.uptimeSeconds,
    store: {
      engine: store.engine,
      answers: readings !== undefined,
      schema: store.schema,
      bytes: readings?.bytes ?? null,
      connections: readings?.connections ?? null,
    },
    bus: bus ? { answers: bus.isUp, problem: bus.problem ?? null } : null,
    replicas: replicas?.map(({ owner, leaseMs }) => ({ owner, lease_ms: leaseMs })) ?? null,
    streams: { open: health.openStreams, viewers: engine.viewers },
    generations: { running: engine.running, queued: readings?.queuedTurns ?? null },
    background_jobs: engine.backgroundJobs,
    commits: {
      count: commits.count,
      mean_ms: commits.meanMs,
      p50_ms: commits.p50Ms,
      p99_ms: commits.p99Ms,
    },
    journal: engine.journal,
    providers: health.providers.map(toProviderResource),
    local_model: health.localModel
      ? {
          name: health.localModel.name,
          state: health.localModel.state,
          percent: health.localModel.percent,
          problem: health.localModel.message ?? null,
          bytes: health.localModel.bytes ?? null,
        }
      : null,
    last_backup: toBackupResource(readings?.lastBackup),
    disk: disk ? { free_bytes: disk.freeBytes, total_bytes: disk.totalBytes } : null,
    load: load
      ? {
          level: load.level,
          loop_delay_ms: Math.round(load.sample.loopDelayMs * 10) / 10,
          memory_percent: Math.round(load.sample.memory.share * 1000) / 10,
        }
      : null,
    memory: { resident_bytes: health.memory.residentBytes, heap_bytes: health.memory.heapBytes },
  };
}

function toProviderResource({
  firstToken,
  duration,
  lastError,
  ...counts
}: ProviderHealth): Static<typeof HealthResource>['providers'][number] {
  return {
    ...counts,
    first_token_ms: firstToken,
    duration_ms: duration,
    last_error: lastError && {
      at: toTime(lastError.at),
      status: lastError.status ?? null,
      message: lastError.reason,
    },
  };
}

function toBackupResource(last: LastBackup | undefined): Static<typeof HealthResource>['last_backup'] {
  if (last === undefined) return null;
  const { file, endedAt, bytes, error, succeededAt } = last;
  return {
    file,
    ended_at: toTime(endedAt),
    ok: error === null,
    bytes,
    error,
    succeeded_at: toTimeOrNull(succeededAt),
  };
}
