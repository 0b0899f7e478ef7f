/**
 * The fuzzer at length: `npm run fuzz -- --requests 100000 --store sqlite --seed 1`. The same seed gives the same
 * requests. The exit code is 1 if something was broken.
 */
import { parseArgs } from 'node:util';
import { runFuzz, runRaw } from './fuzz.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    requests: { type: 'string', default: '100000' },
    store: { type: 'string', default: 'sqlite' },
    raw: { type: 'string', default: '1000' },
    violations: { type: 'string', default: '50' },
  },
});
const { store } = values;
if (store !== 'sqlite' && store !== 'postgres') throw new Error('--store is sqlite or postgres');

console.log(`seed ${values.seed}`);
const { requests, statuses, neverDone, slowest, violations } = await runFuzz({
  storeEngine: store,
  seed: Number(values.seed),
  requests: Number(values.requests),
  mostViolations: Number(values.violations),
  onProgress: (line) => console.log(line),
});
console.log(`${requests} requests`);
console.log([...statuses].map(([status, count]) => `${status}: ${count}`).join(', '));
console.log(`never done: ${neverDone.join('\n  ') || 'none'}`);
console.log(`slowest: ${slowest.map(([id, ms]) => `${id} ${Math.round(ms)} ms`).join(', ')}`);
const raw = await runRaw({ seed: Number(values.seed), requests: Number(values.raw) });
console.log(`${values.raw} requests of raw bytes: ${raw.join('\n') || 'nothing wrong'}`);
console.log(`${violations.length} violations`);
process.exitCode = violations.length === 0 && raw.length === 0 ? 0 : 1;
