/** Problems of the configuration: all are reported at once, by the variable's name, without showing a secret. */

/** Exit code of a wrong configuration: `EX_CONFIG` of sysexits.h. */
export const exitCodeOfBadConfig = 78;

export interface ConfigProblem {
  /** The environment variable. */
  readonly name: string;
  /** What is wrong, as text for people; secrets are redacted. */
  readonly found: string;
  /** What is allowed, as text that completes "allowed:". */
  readonly allowed: string;
}

/** Problems that are found only while the server starts. */
export class ConfigError extends Error {
  constructor(problems: readonly ConfigProblem[]) {
    super(formatProblems(problems).trimEnd());
    this.name = 'ConfigError';
  }
}

/** The problems as text for stderr, one line each, ending in a newline. */
export function formatProblems(problems: readonly ConfigProblem[]): string {
  const head =
    problems.length === 1
      ? 'Colloquy does not start: one setting is wrong.'
      : `Colloquy does not start: ${problems.length} settings are wrong.`;
  const lines = problems.map(({ name, found, allowed }) => `  ${name}: ${found}; allowed: ${allowed}`);
  return `${[head, ...lines].join('\n')}\n`;
}

/** Shows only the length of a secret, in code points. */
export function redactSecret(value: string): string {
  return `a hidden text of ${[...value].length} characters`;
}

/** Shows a URL without the parts that may be secret: credentials and query. */
export function redactUrl(value: string): string {
  return quote(withoutSecrets(value));
}

/** The same without quotes, whole. */
export function withoutSecrets(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1…@').replace(/\?.*$/s, '?…');
}

/** Quotes a value so that blanks and control characters are visible. */
export function quote(value: string): string {
  const longest = 80;
  const characters = [...value];
  return JSON.stringify(characters.length > longest ? `${characters.slice(0, longest).join('')}…` : value);
}
