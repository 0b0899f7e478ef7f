/** Lists the time in `.cpuprofile` files by function and by file: `node bench/profile-summary.ts DIR [lines]`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly children?: readonly number[];
    readonly callFrame: CallFrame;
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const directory = process.argv[2];
const lines = Number(process.argv[3] ?? 30);
if (directory === undefined) throw new Error('the directory with the profiles is missing');

for (const file of readdirSync(directory).filter((name) => name.endsWith('.cpuprofile'))) {
  const profile = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Profile;
  const selfUs = new Map<number, number>();
  for (const [index, id] of profile.samples.entries()) {
    selfUs.set(id, (selfUs.get(id) ?? 0) + (profile.timeDeltas[index] ?? 0));
  }
  const byFunction = new Map<string, number>();
  const byFile = new Map<string, number>();
  let totalUs = 0;
  for (const { id, callFrame } of profile.nodes) {
    const us = selfUs.get(id) ?? 0;
    if (callFrame.functionName === '(idle)') continue;
    totalUs += us;
    const place = placeOf(callFrame);
    const name = nameOf(callFrame);
    byFunction.set(name, (byFunction.get(name) ?? 0) + us);
    byFile.set(place || '(native)', (byFile.get(place || '(native)') ?? 0) + us);
  }
  const withCallees = new Map<string, number>();
  const children = new Map(profile.nodes.map((node) => [node.id, node]));
  const walk = (id: number, callers: ReadonlySet<string>): number => {
    const node = children.get(id);
    if (node === undefined) return 0;
    const name = nameOf(node.callFrame);
    const above = new Set(callers).add(name);
    let us = selfUs.get(id) ?? 0;
    for (const child of node.children ?? []) us += walk(child, above);
    // A recursive function is counted once.
    if (!callers.has(name)) withCallees.set(name, (withCallees.get(name) ?? 0) + us);
    return us;
  };
  const root = profile.nodes[0];
  if (root !== undefined) walk(root.id, new Set());
  console.log(`\n${file}: ${(totalUs / 1000).toFixed(0)} ms busy`);
  print('by function', byFunction, totalUs);
  print('by file', byFile, totalUs);
  print('by function, with all that it calls', withCallees, totalUs);
}

function placeOf(callFrame: CallFrame): string {
  return callFrame.url.replace(/^file:\/\/.*\/(?=packages\/|node_modules\/|bench\/)/, '');
}

function nameOf(callFrame: CallFrame): string {
  return `${callFrame.functionName || '(anonymous)'} ${placeOf(callFrame)}:${callFrame.lineNumber + 1}`;
}

function print(title: string, times: ReadonlyMap<string, number>, totalUs: number): void {
  console.log(`  ${title}`);
  for (const [name, us] of [...times].toSorted((a, b) => b[1] - a[1]).slice(0, lines)) {
    console.log(`    ${((100 * us) / totalUs).toFixed(1).padStart(5)} %  ${name}`);
  }
}
