/** Prometheus metrics of what is written to the store. */

import { Gauge, Histogram, type Registry } from 'prom-client';
import { AppError } from '../../domain/errors.ts';
import type { AroundCommand } from '../../store/observation/observed-store.ts';

/** Seconds. A commit takes about a millisecond on an SSD; readers notice from 50 ms on. */
const bucketsSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10];

export interface StoreMetrics {
  /** Counts and measures a command. */
  readonly aroundCommand: AroundCommand;
  /** A row of the journal was committed. */
  committed(ms: number): void;
}

export function storeMetrics(registry: Registry): StoreMetrics {
  const registers = [registry];
  const commits = new Histogram({
    name: 'colloquy_commit_seconds',
    help: 'Commits of the journal: until events are on the disk, which readers wait for',
    buckets: bucketsSeconds,
    registers,
  });
  const commands = new Histogram({
    name: 'colloquy_store_command_seconds',
    help: 'Commands of the store, by name and outcome: ok, refused (a conflict, a limit), failed',
    labelNames: ['command', 'outcome'] as const,
    buckets: bucketsSeconds,
    registers,
  });
  const pending = new Gauge({
    name: 'colloquy_store_commands_pending',
    help: 'Commands that the store has not answered yet',
    registers,
  });
  return {
    async aroundCommand(command, run) {
      const startedAt = performance.now();
      pending.inc();
      let outcome = 'ok';
      try {
        return await run();
      } catch (error) {
        outcome = error instanceof AppError && error.code !== 'overloaded' ? 'refused' : 'failed';
        throw error;
      } finally {
        pending.dec();
        commands.observe({ command, outcome }, (performance.now() - startedAt) / 1000);
      }
    },
    committed: (ms) => commits.observe(ms / 1000),
  };
}
