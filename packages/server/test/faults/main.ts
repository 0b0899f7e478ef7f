/**
 * The fault kit: `npm run faults -- --kills 500 --streams 60 --engine sqlite --seed 1`. The same seed gives the same
 * workload, faults and moments, but the machine's timing still makes runs differ. The exit code is 1 if a promise was
 * broken.
 */
import { parseArgs } from 'node:util';
import { reportOf } from './kit/report.ts';
import { runFaults } from './kit/run.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    kills: { type: 'string', default: '20' },
    streams: { type: 'string', default: '60' },
    seconds: { type: 'string', default: '3600' },
    engine: { type: 'string', default: 'sqlite' },
    replicas: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
  },
});
const { engine } = values;
if (engine !== 'sqlite' && engine !== 'postgres') throw new Error('--engine is sqlite or postgres');

console.log(`seed ${values.seed}`);
const result = await runFaults({
  seed: Number(values.seed),
  kills: Number(values.kills),
  streams: Number(values.streams),
  seconds: Number(values.seconds),
  engine,
  replicas: Number(values.replicas),
  killsPerCheck: 25,
  onProgress: (line) => console.log(line),
  ...(values.trace ? { trace: (step: string) => console.log(`${new Date().toISOString()} ${step}`) } : {}),
});
console.log(reportOf(result));
process.exit(result.violations.length === 0 ? 0 : 1);
