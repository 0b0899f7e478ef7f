/** The store's commands as spans, where they belong to a request or a turn; those of the upkeep are left out. */
import type { Tracing } from './tracing.ts';

export function tracedCommands(
  engine: 'sqlite' | 'postgres',
  tracing: Tracing,
): <Result>(name: string, run: () => Promise<Result>) => Promise<Result> {
  const system = engine === 'postgres' ? 'postgresql' : 'sqlite';
  return (name, run) =>
    tracing.span(
      {
        name: `store ${name}`,
        kind: 'client',
        place: 'inner',
        attributes: { 'db.system.name': system, 'db.operation.name': name },
      },
      run,
    );
}
