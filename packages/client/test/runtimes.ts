/** The runtimes of this machine: those that a variable names, else those in PATH. */
import { spawnSync } from 'node:child_process';

export interface Runtime {
  readonly name: string;
  /** TEST_<NAME>: path of the program. */
  readonly variable: string;
  /** Arguments before the path of the module. */
  readonly args: readonly string[];
}

export const runtimes: readonly Runtime[] = [
  { name: 'Node.js 20', variable: 'TEST_NODE_20', args: [] },
  { name: 'Node.js 22', variable: 'TEST_NODE_22', args: [] },
  { name: 'Bun', variable: 'TEST_BUN', args: ['run'] },
  {
    name: 'Deno',
    variable: 'TEST_DENO',
    args: ['run', '--no-config', '--node-modules-dir=manual', '--allow-all'],
  },
];
export const workerd: Runtime = {
  name: 'workerd',
  variable: 'TEST_WORKERD',
  args: ['serve'],
};

/** What the program says of its version, or why the test is skipped. */
export function find({
  name,
  variable,
}: Runtime): { readonly program: string; readonly version: string } | { readonly skip: string } {
  const program = process.env[variable];
  if (!program) return { skip: `${name} is not here: ${variable} does not name it` };
  const { stdout, status } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${variable}: ${program} does not run`);
  return { program, version: stdout.trim().split('\n')[0] ?? '' };
}
