/** CPU and memory of processes as Linux accounts for them in `/proc`. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ThreadCpu {
  readonly tid: number;
  readonly name: string;
  readonly cpuMs: number;
}

/** The process and all that it has started, in any generation. */
export function processTree(rootPid: number): number[] {
  const childrenOf = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = read(`/proc/${entry}/stat`);
    const parent = Number(stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), Number(entry)]);
  }
  const tree = [rootPid];
  for (let at = 0; at < tree.length; at++) tree.push(...(childrenOf.get(tree[at] ?? 0) ?? []));
  return tree;
}

/**
 * CPU time of the processes' threads in ms. It is read from `schedstat`, which counts nanoseconds, if the kernel has
 * it, else from `stat` (utime + stime), which counts ticks of 10 ms. The time of threads that have ended is lost.
 */
export function threadCpu(pids: readonly number[]): ThreadCpu[] {
  return pids.flatMap((pid) =>
    (list(`/proc/${pid}/task`) ?? []).flatMap((tid) => {
      const cpuMs = cpuMsOf(`/proc/${pid}/task/${tid}`);
      if (cpuMs === undefined) return [];
      return [{ tid: Number(tid), name: read(`/proc/${pid}/task/${tid}/comm`)?.trim() ?? '', cpuMs }];
    }),
  );
}

/** The same of a process's main thread alone; NaN once it has ended. */
export function mainThreadCpuMs(pid: number): number {
  return cpuMsOf(`/proc/${pid}/task/${pid}`) ?? Number.NaN;
}

/** CPU time that each of the threads in `after` has used since `before`. */
export function threadDifference(before: readonly ThreadCpu[], after: readonly ThreadCpu[]): ThreadCpu[] {
  const cpuBefore = new Map(before.map((thread) => [thread.tid, thread.cpuMs]));
  return after.map((thread) => ({ ...thread, cpuMs: thread.cpuMs - (cpuBefore.get(thread.tid) ?? 0) }));
}

export function totalCpuMs(pids: readonly number[]): number {
  return threadCpu(pids).reduce((sum, thread) => sum + thread.cpuMs, 0);
}

/** Memory that would be free without the processes (`Pss`), in bytes. */
export function residentBytes(pids: readonly number[]): number {
  let sum = 0;
  for (const pid of pids) {
    const rollup = read(`/proc/${pid}/smaps_rollup`) ?? '';
    sum += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
  }
  return sum;
}

const tickMs = 10;

function cpuMsOf(directory: string): number | undefined {
  const schedstat = read(`${directory}/schedstat`);
  if (schedstat !== undefined) return Number(schedstat.split(' ')[0]) / 1e6;
  const stat = read(`${directory}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** Reads a file of `/proc`; undefined if the process or thread has just ended. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function list(path: string): string[] | undefined {
  try {
    return readdirSync(path);
  } catch {
    return undefined;
  }
}
