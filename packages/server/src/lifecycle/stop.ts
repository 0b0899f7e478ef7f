/** Stops the server on a signal, and says what it waits for. */
import { constants } from 'node:os';
import type { RunningServer } from '../server.ts';

type Stoppable = Pick<RunningServer, 'engine' | 'drain'> & AsyncDisposable;

/** How often it looks whether there is less to wait for, and after how many looks it says so in any case. */
const lookMs = 1000;
const looksOfSilence = 5;

/**
 * The first SIGTERM or SIGINT lets running answers end for up to `graceMs`, and exits with 0; the second exits at once,
 * with 128 and its number.
 */
export function stopOnSignals(server: Stoppable, graceMs: number): void {
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) {
        tell(`${signal}: ending at once; the next start goes on with what was running`);
        process.exit(128 + constants.signals[signal]);
      }
      isStopping = true;
      stop(server, graceMs, signal).then(
        () => process.exit(0),
        (error: unknown) => {
          tell(`the stop failed: ${error instanceof Error ? error.stack : String(error)}`);
          process.exit(1);
        },
      );
    });
  }
}

async function stop(server: Stoppable, graceMs: number, signal: string): Promise<void> {
  const until = performance.now() + graceMs;
  let told = describeWork(server);
  tell(
    told === undefined
      ? `${signal}: stopping`
      : `${signal}: stopping; waiting up to ${Math.ceil(graceMs / 1000)} s for ${told} (a second signal ends at once)`,
  );
  let looks = 0;
  const looking = setInterval(() => {
    const work = describeWork(server);
    looks += 1;
    if (work === undefined || (work === told && looks < looksOfSilence)) return;
    [told, looks] = [work, 0];
    tell(`waiting for ${work}, ${Math.max(0, Math.ceil((until - performance.now()) / 1000))} s at most`);
  }, lookMs);
  await server.drain(graceMs);
  clearInterval(looking);
  const { running } = server.engine.readings();
  if (running > 0) tell(`the time is up; the next start goes on with ${count(running, 'running answer')}`);
  await server[Symbol.asyncDispose]();
  tell('stopped');
}

/** Undefined where there is nothing to wait for. */
function describeWork(server: Stoppable): string | undefined {
  const { running, viewers, backgroundJobs: jobs } = server.engine.readings();
  const parts = [
    running > 0 && `${count(running, 'running answer')} (${count(viewers, 'open stream')})`,
    jobs.running > 0 && count(jobs.running, 'job'),
  ];
  if (parts.every((part) => part === false)) return undefined;
  return parts.filter((part) => part !== false).join(' and ');
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** Whoever reads may be gone, as npm is after the signal that it has passed on. */
function tell(sentence: string): void {
  process.stderr.write(`${sentence}\n`, () => undefined);
}
