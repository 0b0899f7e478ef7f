/**
 * The fault kit: `npm run faults -- --kills 500 --streams 60 --engine sqlite --seed 1`, or `--cluster` for three servers
 * behind a balancer, on a PostgreSQL and a Redis that suffer too. The same seed gives the same
 * workload, faults and moments, but the machine's timing still makes runs differ. The exit code is 1 if a promise was
 * broken.
 */
import { parseArgs } from 'node:util';
import { startBacking } from './kit/backing.ts';
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
    cluster: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    // A directory for the servers' logs.
    logs: { type: 'string' },
  },
});
const { cluster } = values;
const engine = cluster ? 'postgres' : values.engine;
if (engine !== 'sqlite' && engine !== 'postgres') throw new Error('--engine is sqlite or postgres');

const backing = cluster ? await startBacking() : undefined;
if (backing !== undefined && 'skip' in backing) throw new Error(backing.skip);
console.log(`seed ${values.seed}`);
const result = await runFaults({
  seed: Number(values.seed),
  kills: Number(values.kills),
  streams: Number(values.streams),
  seconds: Number(values.seconds),
  engine,
  replicas: cluster ? 3 : Number(values.replicas),
  ...(backing && { backing }),
  ...(values.logs !== undefined && { logs: values.logs }),
  killsPerCheck: 25,
  onProgress: (line) => console.log(line),
  ...(values.trace ? { trace: (step: string) => console.log(`${new Date().toISOString()} ${step}`) } : {}),
});
await backing?.[Symbol.asyncDispose]();
console.log(reportOf(result));
process.exit(result.violations.length === 0 ? 0 : 1);
