/** The server as it is now, read every two seconds while the page is seen. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { useApi } from '../../api/api.ts';
import { allOfThem, type List } from '../../api/list.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { formatAgo, formatBytes, formatDuration, formatNumber, formatTime } from '../../i18n/format.ts';
import { Badge, Button } from '../../parts/controls.tsx';
import { Card, Code, Facts, Page, pageStyles } from '../../parts/page.tsx';
import { saveFile } from '../../parts/save-file.ts';
import { ErrorState, Loaded, Note } from '../../parts/states.tsx';
import { partStrings } from '../../parts/strings.ts';
import { Table } from '../../parts/table.tsx';
import { tell } from '../../parts/toasts.tsx';
import { toConsole } from '../../state/paths.ts';
import { Doctor } from './doctor.tsx';
import { supportBundle, troublesOf } from './facts.ts';
import styles from './health.module.css';
import { type Sample, withSample } from './history.ts';
import { LocalModel } from './local-model.tsx';
import { Providers } from './providers.tsx';
import { Sparkline } from './sparkline.tsx';
import { healthStrings } from './strings.ts';
import type { Health, RunningGeneration, SupportModel } from './types.ts';

/** TanStack Query reads nothing by the clock while the tab is hidden. */
const everyMs = 2_000;

export function HealthPage(): JSX.Element {
  const strings = healthStrings();
  const health = useRead<Health>('/api/admin/health', { intervalMs: everyMs });
  return (
    <Page title={strings.title}>
      <Loaded of={health}>{(data) => <Shown of={data} readAt={health.dataUpdatedAt} />}</Loaded>
    </Page>
  );
}

interface ShownProps {
  readonly of: Health;
  readonly readAt: number;
}

function Shown({ of: health, readAt }: ShownProps): JSX.Element {
  const strings = healthStrings();
  const troubles = troublesOf(health);
  return (
    <>
      <div role="status">
        {troubles.length === 0 ? (
          <Badge tone="good">{strings.good}</Badge>
        ) : (
          <Note tone="warn">
            {strings.troubles}
            <ul class={styles.troubles}>
              {troubles.map((text) => (
                <li key={text}>{text}</li>
              ))}
            </ul>
          </Note>
        )}
      </div>
      <div class={pageStyles.columns}>
        <Server of={health} />
        <Store of={health} />
        <Work of={health} />
        <Commits of={health} readAt={readAt} />
      </div>
      <LocalModel of={health} />
      <Providers of={health} />
      <Runs />
      <Doctor />
      <Support of={health} />
    </>
  );
}

interface HealthProps {
  readonly of: Health;
}

function Server({ of: health }: HealthProps): JSX.Element {
  const { version, uptime_seconds: seconds, load, memory, disk, local_model: local } = health;
  const strings = healthStrings();
  return (
    <Card title={strings.server}>
      <Facts
        of={[
          [strings.version, version],
          [strings.uptime, formatDuration(seconds * 1000)],
          [
            strings.load,
            load &&
              strings.loads[load.level] +
                partStrings().comma +
                strings.loopDelay(formatDuration(load.loop_delay_ms)),
          ],
          [strings.memory, formatBytes(memory.resident_bytes)],
          [strings.disk, disk && strings.freeOf(formatBytes(disk.free_bytes), formatBytes(disk.total_bytes))],
          [strings.localModel, local?.state === 'off' ? strings.localOff : null],
        ]}
      />
    </Card>
  );
}

function Store({ of: { store, bus, last_backup: backup } }: HealthProps): JSX.Element {
  const strings = healthStrings();
  const { connections } = store;
  return (
    <Card title={strings.store}>
      <Facts
        of={[
          [strings.engine, `${store.engine}. ${store.answers ? strings.answers : strings.silent}`],
          [strings.schema, store.schema],
          [strings.size, store.bytes === null ? null : formatBytes(store.bytes)],
          [
            strings.connections,
            connections && strings.connectionsOf(connections.open, connections.idle, connections.waiting),
          ],
          [strings.bus, bus === null ? strings.noBus : bus.answers ? strings.answers : strings.silent],
          [
            strings.backup,
            backup === null
              ? strings.noBackup
              : backup.ok
                ? strings.backupAt(formatTime(backup.ended_at), formatBytes(backup.bytes ?? 0))
                : strings.backupFailed(backup.error ?? ''),
          ],
        ]}
      />
    </Card>
  );
}

function Work({ of: health }: HealthProps): JSX.Element {
  const strings = healthStrings();
  const { streams, generations, background_jobs: jobs, replicas } = health;
  return (
    <Card title={strings.work}>
      <Facts
        of={[
          [strings.running, formatNumber(generations.running)],
          [strings.queued, generations.queued === null ? null : formatNumber(generations.queued)],
          [strings.open, formatNumber(streams.open)],
          [strings.viewers, formatNumber(streams.viewers)],
          [strings.jobs, strings.jobsOf(jobs.running, jobs.waiting)],
          [
            strings.replicas,
            replicas && (
              <ul>
                {replicas.map(({ owner, lease_ms: lease }) => (
                  <li key={owner}>{strings.replica(owner, formatDuration(lease))}</li>
                ))}
              </ul>
            ),
          ],
        ]}
      />
    </Card>
  );
}

function Commits({ of: { commits, journal }, readAt }: ShownProps): JSX.Element {
  const strings = healthStrings();
  const [times, setTimes] = useState<readonly Sample[]>([]);
  const [depths, setDepths] = useState<readonly Sample[]>([]);
  useEffect(() => {
    setTimes((before) => withSample(before, readAt, commits.p99_ms));
    setDepths((before) => withSample(before, readAt, journal.rows));
  }, [readAt]);
  const duration = (ms: number | null) => (ms === null ? '–' : `${formatNumber(ms, 1)} ms`);
  return (
    <Card title={strings.commits}>
      <Facts
        of={[
          [strings.commitP50, duration(commits.p50_ms)],
          [strings.commitP99, duration(commits.p99_ms)],
          [strings.journal, strings.journalOf(formatNumber(journal.rows), formatBytes(journal.bytes))],
        ]}
      />
      <Sparkline what={strings.commitP99} samples={times} format={duration} />
      <Sparkline what={strings.journal} samples={depths} format={(rows) => formatNumber(rows)} />
    </Card>
  );
}

function Runs(): JSX.Element {
  const strings = healthStrings();
  const api = useApi();
  const path = api.admin('generations');
  const running = useRead<List<RunningGeneration>>(path, {
    query: { status: 'running', limit: 100 },
    intervalMs: everyMs,
  });
  const queued = useRead<List<RunningGeneration>>(path, {
    query: { status: 'queued', limit: 100 },
    intervalMs: everyMs,
  });
  const cancel = useChange<string>((id, inside) =>
    inside.call('POST', inside.admin(`generations/${id}/cancel`)),
  );
  return (
    <Card title={strings.runs}>
      {cancel.error !== null && <ErrorState error={cancel.error} />}
      <Loaded of={running} lines={2}>
        {({ data }) => {
          const rows = [...data, ...(queued.data?.data ?? [])];
          if (rows.length === 0) return <p>{strings.noRuns}</p>;
          return (
            <Table
              label={strings.runs}
              rows={rows}
              keyOf={({ id }) => id}
              columns={[
                {
                  title: strings.conversation,
                  isMain: true,
                  show: ({ conversation_id: id, model }) => (
                    <Link href={toConsole(`/conversations/${id}`)}>{model.name}</Link>
                  ),
                },
                {
                  title: strings.state,
                  show: ({ status }) =>
                    status === 'queued' ? strings.states.queued : strings.states.running,
                },
                { title: strings.since, show: ({ created_at: at }) => formatAgo(at) },
                { title: strings.owner, show: ({ owner }) => (owner === null ? '–' : formatNumber(owner)) },
                {
                  title: '',
                  show: ({ id }) => (
                    <Button
                      isBusy={cancel.isPending && cancel.variables === id}
                      onClick={() => cancel.mutate(id, { onSuccess: () => tell(strings.cancelled) })}
                    >
                      {strings.cancel}
                    </Button>
                  ),
                },
              ]}
            />
          );
        }}
      </Loaded>
    </Card>
  );
}

function Support({ of: health }: HealthProps): JSX.Element {
  const strings = healthStrings();
  const [bundle, setBundle] = useState<string | undefined>(undefined);
  const prepare = useChange<Health>(
    async (now, api) => {
      const { data } = await api.get<List<SupportModel>>(api.admin('models'), { limit: allOfThem });
      setBundle(supportBundle(now, data, navigator.userAgent, new Date()));
    },
    () => [],
  );
  return (
    <Card title={strings.support}>
      <p>{strings.supportText}</p>
      {prepare.error !== null && <ErrorState error={prepare.error} />}
      <div class={pageStyles.row}>
        <Button isBusy={prepare.isPending} onClick={() => prepare.mutate(health)}>
          {strings.prepare}
        </Button>
        {bundle !== undefined && (
          <Button
            onClick={() =>
              saveFile('colloquy-support.json', new Blob([bundle], { type: 'application/json' }))
            }
          >
            {strings.save}
          </Button>
        )}
      </div>
      {bundle !== undefined && <Code label={strings.bundle} text={bundle} />}
    </Card>
  );
}
