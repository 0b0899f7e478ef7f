/** The Helm chart and how it is rendered: by Go's templates with sprig, which is what Helm renders with. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missing } from 'colloquy-testkit/services';
import { parse, parseAllDocuments } from 'yaml';

export const root = fileURLToPath(new URL('../../../', import.meta.url));
const chart = join(root, 'deploy/helm/colloquy');
export const readChart = (name: string) => readFileSync(join(chart, name), 'utf8');
export const defaults = () => parse(readChart('values.yaml')) as Values;
const goPath = '/usr/share/gocode';

type Values = Record<string, Record<string, unknown>>;
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** A chart's values as Helm merges them: maps by key, all else replaced. */
export function merged(base: unknown, over: unknown): unknown {
  const isMap = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap(base) || !isMap(over)) return over;
  const all = { ...base };
  for (const [name, value] of Object.entries(over))
    all[name] = name in base ? merged(base[name], value) : value;
  return all;
}

export function render(values: object): { readonly manifests: Manifest[]; readonly notes: string } {
  const about = parse(readChart('Chart.yaml')) as Record<string, string>;
  const input = {
    Directory: chart,
    Chart: { Name: about.name, Version: about.version, AppVersion: about.appVersion },
    Release: { Name: 'try', Namespace: 'chat', Service: 'Helm' },
    Values: merged(defaults(), values),
  };
  const { status, stdout, stderr } = spawnSync(
    'go',
    ['run', fileURLToPath(new URL('render-chart.go', import.meta.url))],
    {
      input: JSON.stringify(input),
      encoding: 'utf8',
      env: { ...process.env, GO111MODULE: 'off', GOPATH: goPath },
    },
  );
  if (status !== 0) throw new Error(stderr);
  const files = JSON.parse(stdout) as Record<string, string>;
  const manifests = Object.entries(files)
    .filter(([name]) => name.endsWith('.yaml'))
    .flatMap(([, text]) => parseAllDocuments(text).map((document) => document.toJS() as Manifest | null))
    .filter((manifest) => manifest !== null);
  return { manifests, notes: files['NOTES.txt'] ?? '' };
}

export function skipReason(): string | false {
  const hasGo = spawnSync('go', ['version']).status === 0;
  const hasSprig = existsSync(join(goPath, 'src/github.com/Masterminds/sprig'));
  if (hasGo && hasSprig) return false;
  return missing(
    'Go with sprig',
    new Error('the Debian packages golang-go and golang-github-masterminds-sprig-dev'),
  ).skip;
}
