/** Prometheus metrics of the processes that parse files from the web. */
import { Counter, type Registry } from 'prom-client';

export interface ExtractionMetrics {
  /** Counts a process that was lost. */
  count(cause: string): void;
}

export function extractionMetrics(registry: Registry, causes: readonly string[]): ExtractionMetrics {
  const losses = new Counter({
    name: 'colloquy_extraction_losses_total',
    help: 'Processes for files from the web that a file ended, or that did not start, by cause',
    labelNames: ['cause'] as const,
    registers: [registry],
  });
  // A series that is there from the start shows its first increase.
  for (const cause of causes) losses.inc({ cause }, 0);
  return { count: (cause) => losses.inc({ cause }) };
}
