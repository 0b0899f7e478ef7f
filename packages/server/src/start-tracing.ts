/** Traces for the collector that the configuration names. */
import type { Config } from './config/config.ts';
import type { Logger } from './log.ts';
import type { Tracing } from './tracing/tracing.ts';

/** The SDK is loaded only where traces are wanted. @param version the server's */
export async function startTracing(
  tracing: NonNullable<Config['tracing']>,
  version: string,
  log: Logger,
): Promise<Tracing & AsyncDisposable> {
  const { startOpenTelemetry } = await import('./tracing/open-telemetry.ts');
  return startOpenTelemetry({
    ...tracing,
    version,
    onTrouble(error) {
      if (error === undefined) log.info({}, 'traces reach the collector again');
      else log.warn({ err: error }, 'traces do not reach the collector; they are dropped meanwhile');
    },
  });
}
