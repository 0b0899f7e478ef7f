/** Metrics, their documentation, the alert rules and the board name the same things. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { startTestServer } from 'colloquy-testkit/server';

const root = new URL('../../../../../', import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8');

/** The names that a text has, without the endings of a histogram's series. */
function namesIn(text: string, histograms: ReadonlySet<string>): ReadonlySet<string> {
  const names = text.match(/\b(?:colloquy|nodejs|process)_[a-z0-9_]*[a-z0-9]\b/g) ?? [];
  const base = (name: string): string => name.replace(/_(?:bucket|sum|count)$/, '');
  return new Set(names.map((name) => (histograms.has(base(name)) ? base(name) : name)));
}

await using server = await startTestServer();
const types = [...(await (await fetch(`${server.url}/metrics`)).text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)];
const metrics = new Set(types.map(([, name = '']) => name));
const histograms = new Set(types.filter(([, , type]) => type === 'histogram').map(([, name = '']) => name));

for (const path of ['deploy/prometheus/alerts.yaml', 'deploy/grafana/colloquy.json']) {
  test(`every metric of ${path} is there`, async () => {
    const names = [...namesIn(await read(path), histograms)];
    assert.ok(names.length > 5);
    assert.deepEqual(
      names.filter((name) => !metrics.has(name)),
      [],
    );
  });
}

test('the documentation has every metric of ours, and no other', async () => {
  const page = await read('docs/observability.md');
  const documented = [...namesIn(page, histograms)].filter((name) => name.startsWith('colloquy_'));
  const ours = [...metrics].filter((name) => name.startsWith('colloquy_'));
  assert.deepEqual(documented.sort(), ours.sort());
});

test('the documentation has every alert, and no other', async () => {
  const alerts = [...(await read('deploy/prometheus/alerts.yaml')).matchAll(/^ +- alert: (\w+)$/gm)];
  const rows = [...(await read('docs/observability.md')).matchAll(/^\| `(Colloquy\w+)` \|/gm)];
  const names = (found: RegExpExecArray[]): string[] => found.map(([, name = '']) => name).sort();
  assert.deepEqual(names(rows), names(alerts));
});
