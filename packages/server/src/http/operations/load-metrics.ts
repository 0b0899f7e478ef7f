/** Prometheus metrics of the overload that the server sees itself in, and of what it refuses then. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { type LoadWatch, loadLevels } from '../../concurrency/load/load-watch.ts';

export function loadMetrics(registry: Registry, load: LoadWatch): void {
  const registers = [registry];
  new Gauge({
    name: 'colloquy_overload_level',
    help: '0: normal, 1: new turns are refused, 2: everything but what is essential is',
    registers,
    collect() {
      this.set(loadLevels.indexOf(load.level));
    },
  });
  new Counter({
    name: 'colloquy_shed_total',
    help: 'What was refused with 503 because the server was overloaded',
    labelNames: ['what'] as const,
    registers,
    collect() {
      this.reset();
      for (const [what, count] of Object.entries(load.refused)) this.inc({ what }, count);
    },
  });
}
