/** Finds `COLLOQUY_…` variables that nothing reads, which are nearly always typing errors. */
import { distance } from 'fastest-levenshtein';
import type { ConfigProblem } from './problems.ts';
import type { RawEnvironment } from './reader.ts';
import { toolingVariables } from './variables.ts';

const prefix = 'COLLOQUY_';

/**
 * One problem for each variable that is not among `names`. Its value is not shown, since it may be a secret. An empty
 * variable counts as unset.
 */
export function findUnknownVariables(environment: RawEnvironment, names: readonly string[]): ConfigProblem[] {
  const known = new Set<string>([...names, ...toolingVariables]);
  return Object.entries(environment)
    .filter(([name, value]) => name.startsWith(prefix) && !known.has(name) && value !== undefined)
    .filter(([name, value]) => value?.trim() !== '' && !isServiceLink(name, value ?? ''))
    .map(([name]) => ({
      name,
      found: 'is not a setting',
      allowed: `the nearest one, ${nearest(name, names)}`,
    }));
}

/** Also compares without the prefix, which may be the error: `COLLOQUY_PORT` is nearest to `PORT`. */
function nearest(name: string, names: readonly string[]): string {
  const bare = name.slice(prefix.length);
  const edits = (known: string) => Math.min(distance(name, known), distance(bare, known));
  return names.reduce((best, known) => (edits(known) < edits(best) ? known : best));
}

/**
 * Kubernetes sets these in every pod beside a service whose name begins with "colloquy":
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
function isServiceLink(name: string, value: string): boolean {
  if (/_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$/.test(name)) return true;
  return (
    /_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name) ||
    (/_PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value))
  );
}
