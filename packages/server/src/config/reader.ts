/** Reads single variables of an environment and collects their problems. */
import { isIP } from 'node:net';
import type { ShownVariable } from '../domain/operations/server-facts.ts';
import { type ConfigProblem, quote, redactSecret, redactUrl, withoutSecrets } from './problems.ts';
import type { Variable } from './variables.ts';

export type RawEnvironment = Readonly<Record<string, string | undefined>>;

/** Reads the variables of one table. A value that is not allowed is a problem, and reads as its default. */
export interface Reader<VariableName extends string = string> {
  text(name: VariableName): string | undefined;
  /** `isStrong` is asked of a value that matches the pattern; by default every one is strong. */
  secret(name: VariableName, pattern: RegExp, isStrong?: (value: string) => boolean): string | undefined;
  integer(name: VariableName, min: number, max: number): number;
  /** `protocols` are written as in `URL`: `https:`. */
  url(name: VariableName, protocols: readonly string[]): string | undefined;
  list(name: VariableName): readonly string[];
  oneOf<Value extends string>(name: VariableName, values: readonly Value[], fallback: Value): Value;
  /** Adds the problem that the variable holds what its table entry does not allow. */
  reject(name: VariableName): void;
  /** Adds a problem of two variables together. */
  conflict(name: VariableName, found: string, allowed: string): void;
}

/** Problems are added to `problems`. */
export function createReader<VariableName extends string>(
  environment: RawEnvironment,
  variables: Readonly<Record<VariableName, Variable>>,
  problems: ConfigProblem[],
): Reader<VariableName> {
  const reject = (name: VariableName): void => {
    const { allowed, shown } = variables[name];
    const value = environment[name] ?? '';
    const show = { plain: quote, url: redactUrl, secret: redactSecret }[shown];
    problems.push({ name, found: `holds ${show(value)}`, allowed });
  };

  const text = (name: VariableName): string | undefined =>
    environment[name]?.trim() || variables[name].fallback || undefined;

  const checked = (name: VariableName, isAllowed: (value: string) => boolean): string | undefined => {
    const value = text(name);
    if (value === undefined || isAllowed(value)) return value;
    reject(name);
    return variables[name].fallback || undefined;
  };

  return {
    text: (name) => checked(name, (value) => !/\p{Cc}/u.test(value)),
    secret: (name, pattern, isStrong = () => true) =>
      checked(name, (value) => pattern.test(value) && isStrong(value)),
    integer: (name, min, max) =>
      Number(
        checked(name, (value) => /^\d{1,15}$/.test(value) && Number(value) >= min && Number(value) <= max),
      ),
    url: (name, protocols) =>
      checked(name, (value) => !/\s/.test(value) && protocols.includes(protocolOf(value))),
    list: (name) => splitList(text(name) ?? ''),
    oneOf: (name, values, fallback) => {
      const value = text(name);
      const match = values.find((candidate) => candidate === value);
      if (match === undefined && value !== undefined) reject(name);
      return match ?? fallback;
    },
    reject,
    conflict: (name, found, allowed) => {
      problems.push({ name, found, allowed });
    },
  };
}

/** Variables that programs spell in lower case too, which then goes first. */
const proxyVariable = /^(?:HTTPS?|ALL|NO)_PROXY$/;

/** What the variables hold, without what may be secret. */
export function showVariables(
  environment: RawEnvironment,
  variables: Readonly<Record<string, Variable>>,
): readonly ShownVariable[] {
  return Object.entries(variables).map(([name, { fallback, shown }]) => {
    const lower = proxyVariable.test(name) ? environment[name.toLowerCase()]?.trim() : undefined;
    const given = lower || environment[name]?.trim() || undefined;
    const value = given ?? (fallback || null);
    const shownValue = value !== null && shown === 'url' ? withoutSecrets(value) : value;
    const isSecret = shown === 'secret';
    return { name, value: isSecret ? null : shownValue, isSet: given !== undefined, isSecret };
  });
}

function splitList(value: string): readonly string[] {
  const items = value.split(',').map((item) => item.trim());
  return [...new Set(items.filter((item) => item !== ''))];
}

/** The protocol of a URL; `''` for a text that is not a URL, or has no host though it needs one. */
function protocolOf(value: string): string {
  const url = URL.parse(value);
  if (url === null || !value.includes('://')) return '';
  const needsHost = url.protocol === 'http:' || url.protocol === 'https:';
  return needsHost && url.hostname === '' ? '' : url.protocol;
}

/** Whether a text is an IP address without brackets, or a host name by RFC 1123, whose last label is not a number. */
export function isHost(value: string): boolean {
  if (isIP(value) !== 0) return true;
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
  const labels = value.split('.');
  return (
    value.length <= 253 && labels.every((part) => label.test(part)) && !/^\d+$/.test(labels.at(-1) ?? '')
  );
}

/** A network as `address/prefix`; a bare address means only that address. Undefined where the text is neither. */
export function normalizeNetwork(value: string): string | undefined {
  const [address = '', prefix, ...rest] = value.split('/');
  const version = isIP(address);
  if (version === 0 || address.includes('%') || rest.length > 0) return undefined;
  const widest = version === 4 ? 32 : 128;
  if (prefix === undefined) return `${address}/${widest}`;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= widest ? value : undefined;
}
