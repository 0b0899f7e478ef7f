/** The totals of a run, for people. */
import type { Recoveries } from './cluster-faults.ts';
import type { RunResult } from './run.ts';

const violationsShown = 20;

export function reportOf(result: RunResult): string {
  const { faults, clients, generations, violations } = result;
  const open = faults.streamsAtKill.toSorted((a, b) => a - b);
  const median = open[Math.floor(open.length / 2)] ?? 0;
  const statuses = Object.entries(generations)
    .map(([status, count]) => `${count} ${status}`)
    .join(', ');
  const aims = Object.entries(faults.aims)
    .map(([aim, count]) => `${count} ${aim}`)
    .join(', ');
  return [
    `kills                ${faults.kills}, ${faults.killsAmongStreams} of them among at least so many streams as asked for (${aims}; ${faults.killsInStart} in the start, ${faults.killsWithFullDisk} with a full disk)`,
    `streams at a kill    median ${median}, at least ${open[0] ?? 0}, at most ${open.at(-1) ?? 0}`,
    `other faults         ${faults.stops} stops, ${faults.freezes} freezes, ${faults.fullDisks} full disks, ${faults.clockMoves} moves of the clock`,
    `clients              ${clients.turns} turns, ${clients.retries} retries with a key, ${clients.cancels} cancels, ${clients.refusals} refused as busy, ${clients.unavailable} told to come back`,
    `streams              ${clients.streams}, ${clients.resumes} of them resumed; ${clients.events} events seen`,
    `generations          ${statuses}; ${result.modelCalls} calls of the model`,
    ...recoveryLines(result.recoveries),
    `checks               ${result.checks}, in ${result.seconds} s`,
    ...result.missing.map((what) => `not tried            ${what}`),
    `servers              ${result.lostLeases} leases lost, ${result.repeatedStarts.length} starts made again`,
    ...result.repeatedStarts.map((what) => `  ${what}`),
    `violations           ${violations.length}`,
    ...violations.slice(0, violationsShown).map((sentence) => `  ${sentence}`),
  ].join('\n');
}

function recoveryLines(recoveries: Recoveries): string[] {
  return Object.entries(recoveries)
    .filter(([, all]) => all.length > 0)
    .map(([fault, all]) => {
      const sorted = all.toSorted((a, b) => a - b).map(Math.round);
      const median = sorted[Math.floor(sorted.length / 2)];
      return `recovered            from ${fault}: ${sorted.length} times, median ${median} ms, at most ${sorted.at(-1)} ms`;
    });
}
