/** Prometheus metrics of the process and its store, read when they are asked for. */
import { performance } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';
import type { EngineReadings } from '../../generation/interface.ts';
import type { Readings, StoredReadings } from './readings.ts';

export function systemMetrics(registry: Registry, readings: Readings): void {
  function gauge(name: string, help: string, read: () => number): void {
    const options = { name: `colloquy_${name}`, help, registers: [registry] };
    new Gauge({
      ...options,
      collect() {
        this.set(read());
      },
    });
  }
  function engineGauge(name: string, help: string, read: (engine: EngineReadings) => number): void {
    gauge(name, help, () => read(readings.engine()));
  }
  /** Has no value while the store does not answer. */
  function storeGauge(name: string, help: string, read: (store: StoredReadings) => number | undefined): void {
    new Gauge({
      name: `colloquy_${name}`,
      help,
      registers: [registry],
      async collect() {
        const store = await readings.store();
        const value = store && read(store);
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  }
  function labelled<Label extends string>(
    name: string,
    help: string,
    label: Label,
    read: (store: StoredReadings) => Readonly<Record<string, number>>,
  ): void {
    new Gauge({
      name: `colloquy_${name}`,
      help,
      labelNames: [label],
      registers: [registry],
      async collect() {
        this.reset();
        const store = await readings.store();
        if (store === undefined) return;
        for (const [value, count] of Object.entries(read(store)))
          this.set({ [label]: value } as Record<Label, string>, count);
      },
    });
  }

  engineGauge('generations_running', 'Generations that run in this process', ({ running }) => running);
  engineGauge(
    'viewers',
    'Streams and waiting calls that follow generations of this process',
    (engine) => engine.viewers,
  );
  engineGauge('journal_rows', 'Rows of the journal that no segment holds yet', ({ journal }) => journal.rows);
  engineGauge(
    'journal_bytes',
    'Bytes of the journal that no segment holds yet',
    ({ journal }) => journal.bytes,
  );
  engineGauge(
    'background_jobs_running',
    'Titles and summaries that are being written',
    (engine) => engine.backgroundJobs.running,
  );
  engineGauge(
    'background_jobs_waiting',
    'Titles and summaries that wait',
    (engine) => engine.backgroundJobs.waiting,
  );

  storeGauge(
    'turns_queued',
    'Turns that wait for others of their session, on all servers',
    (store) => store.queuedTurns,
  );
  storeGauge(
    'last_backup_timestamp_seconds',
    'When the last backup that did not fail has ended; without a value where there was none',
    ({ lastBackup }) => {
      const at = lastBackup?.succeededAt ?? undefined;
      return at === undefined ? undefined : at / 1000;
    },
  );
  storeGauge('store_bytes', 'Size of the database', ({ bytes }) => bytes);
  labelled(
    'store_connections',
    'Connections to PostgreSQL, by state; waiting: calls that wait for one',
    'state',
    ({ connections }) => ({ ...connections }),
  );
  labelled(
    'store_thread_calls',
    'Long reads that run or wait, by the threads for them',
    'threads',
    ({ threads }) => ({
      search: threads.search.busy + threads.search.waiting,
      reports: threads.reports.busy + threads.reports.waiting,
    }),
  );

  let before = performance.eventLoopUtilization();
  gauge(
    'event_loop_utilization',
    'Share of the time since the last scrape in which the main thread was busy',
    () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, before);
      before = now;
      return utilization;
    },
  );
}
