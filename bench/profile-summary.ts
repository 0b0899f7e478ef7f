/** Where the time of `.cpuprofile` files went, by function and by file: `node bench/profile-summary.ts DIR [lines]`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
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
    const place = callFrame.url.replace(/^file:\/\/.*\/(?=packages\/|node_modules\/|bench\/)/, '');
    const name = `${callFrame.functionName || '(anonymous)'} ${place}:${callFrame.lineNumber + 1}`;
    byFunction.set(name, (byFunction.get(name) ?? 0) + us);
    byFile.set(place || '(native)', (byFile.get(place || '(native)') ?? 0) + us);
  }
  console.log(`\n${file}: ${(totalUs / 1000).toFixed(0)} ms busy`);
  print('by function', byFunction, totalUs);
  print('by file', byFile, totalUs);
}

function print(title: string, times: ReadonlyMap<string, number>, totalUs: number): void {
  console.log(`  ${title}`);
  for (const [name, us] of [...times].toSorted((a, b) => b[1] - a[1]).slice(0, lines)) {
    console.log(`    ${((100 * us) / totalUs).toFixed(1).padStart(5)} %  ${name}`);
  }
}
