/**
 * How much of its memory the process has used up: of the heap that V8 may have, and, in a container with a limit, of what
 * all processes of the container may have. What the kernel can take back (cached files) does not count.
 */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { getHeapStatistics } from 'node:v8';

export interface MemoryReading {
  /** What is closer to its end. */
  readonly kind: 'heap' | 'container';
  /** 0 to 1. */
  readonly share: number;
}

export interface MemoryReaderOptions {
  /** Where the kernel shows control groups. */
  readonly cgroup?: string;
  /** The file that names the group of this process. */
  readonly self?: string;
}

/** Names of the files and fields, by the version of the kernel's interface. */
const versions = [
  {
    limit: 'memory.max',
    used: 'memory.current',
    stat: 'memory.stat',
    cached: ['inactive_file', 'active_file', 'slab_reclaimable'],
  },
  {
    limit: 'memory/memory.limit_in_bytes',
    used: 'memory/memory.usage_in_bytes',
    stat: 'memory/memory.stat',
    cached: ['total_inactive_file', 'total_active_file'],
  },
] as const;

export function createMemoryReader({
  cgroup = '/sys/fs/cgroup',
  self = '/proc/self/cgroup',
}: MemoryReaderOptions = {}): () => MemoryReading {
  // In a container the process's own group is mounted as the root; a service of systemd has its own below it.
  const [, own = '/'] = /^0::(\/.*)$/m.exec(read(self) ?? '') ?? [];
  const container = findContainer(join(cgroup, own)) ?? findContainer(cgroup);
  return () => {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    const heap: MemoryReading = { kind: 'heap', share: used / limit };
    const share = container?.() ?? 0;
    return share > heap.share ? { kind: 'container', share } : heap;
  };
}

/** Gives a function that reads the share, if the container has a limit of its own. */
function findContainer(root: string): (() => number | undefined) | undefined {
  for (const { limit, used, stat, cached } of versions) {
    const bytes = readNumber(join(root, limit));
    // Without a limit there is no number, or one that no machine has.
    if (bytes === undefined || bytes <= 0 || bytes >= totalmem()) continue;
    return () => {
      const total = readNumber(join(root, used));
      if (total === undefined) return undefined;
      const fields = readFields(join(root, stat));
      const reclaimable = cached.reduce((sum, name) => sum + (fields.get(name) ?? 0), 0);
      return Math.max(0, total - reclaimable) / bytes;
    };
  }
  return undefined;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function readNumber(path: string): number | undefined {
  const text = read(path)?.trim();
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function readFields(path: string): ReadonlyMap<string, number> {
  const lines = (read(path) ?? '').split('\n').map((line) => line.split(' '));
  return new Map(lines.map(([name = '', value]) => [name, Number(value)]));
}
