/** What of the health needs attention, and what is told to those who help. */
import { formatBytes } from '../../i18n/format.ts';
import { healthStrings } from './strings.ts';
import type { Health, SupportModel } from './types.ts';

/** Less than that share of the disk is little. */
const lowShare = 0.05;

export function troublesOf(health: Health): readonly string[] {
  const strings = healthStrings();
  const { store, bus, load, last_backup: backup, disk, local_model: local } = health;
  const troubles: string[] = [];
  if (!store.answers) troubles.push(strings.storeSilent);
  if (bus !== null && !bus.answers) troubles.push(strings.busSilent(bus.problem ?? ''));
  if (load?.level === 'busy') troubles.push(strings.busy);
  if (load?.level === 'severe') troubles.push(strings.severe);
  if (backup !== null && !backup.ok) troubles.push(strings.backupFailed(backup.error ?? ''));
  if (disk !== null && disk.free_bytes < lowShare * disk.total_bytes)
    troubles.push(strings.diskLow(formatBytes(disk.free_bytes)));
  if (local?.state === 'failed') troubles.push(strings.localFailed);
  return troubles;
}

/**
 * Only what is named here goes into it, so that a field that comes later does not by itself: no keys, addresses, texts or
 * names of people. What providers said when they failed may hold any of these, and stays out too.
 */
export function supportBundle(
  health: Health,
  models: readonly SupportModel[],
  browser: string,
  now: Date,
): string {
  const { version, uptime_seconds, store, bus, replicas, streams, generations, background_jobs, commits } =
    health;
  const { journal, providers, local_model: local, last_backup: backup, disk, load, memory } = health;
  return JSON.stringify(
    {
      made_at: now.toISOString(),
      version,
      uptime_seconds,
      store,
      bus: bus && { answers: bus.answers },
      replicas,
      streams,
      generations,
      background_jobs,
      commits,
      journal,
      providers: providers.map(({ last_error: failure, ...figures }) => ({
        ...figures,
        last_error: failure && { at: failure.at, status: failure.status },
      })),
      local_model: local && { state: local.state, percent: local.percent, bytes: local.bytes },
      last_backup: backup && { ended_at: backup.ended_at, ok: backup.ok, bytes: backup.bytes },
      disk,
      load,
      memory,
      models: models.map(({ provider, preset, model, is_active, context_window, learnt, last_day }) => ({
        provider,
        preset,
        model,
        is_active,
        context_window,
        learnt,
        last_day,
      })),
      browser,
    },
    null,
    2,
  );
}
