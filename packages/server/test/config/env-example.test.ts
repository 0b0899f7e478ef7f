/** `.env.example` lists what the code reads, in the same order, with the same defaults, and reads back clean. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseEnv } from 'node:util';
import { catalog } from '../../src/catalog.ts';
import { parseConfig } from '../../src/config/config.ts';
import { listVariables } from '../../src/config/variables.ts';

const example = readFileSync(new URL('../../../../.env.example', import.meta.url), 'utf8');
const assignments = [...example.matchAll(/^#([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [
  name,
  value,
]);

test('it lists every variable with its default', () => {
  const expected = Object.entries(listVariables(catalog)).map(([name, { fallback }]) => [name, fallback]);
  assert.deepEqual(assignments, expected);
});

test('each variable has its line of explanation', () => {
  for (const [name] of assignments) assert.match(example, new RegExp(`^# .+\\n#${name}=`, 'm'));
});

function configOf(environment: Record<string, string | undefined>) {
  const { config } = parseConfig(environment, catalog);
  assert.ok(config);
  return config;
}

test('with every line taken in, it means the defaults', () => {
  const environment = parseEnv(example.replace(/^#(?=[A-Z_]+=)/gm, ''));
  assert.equal(Object.keys(environment).length, assignments.length);
  const { shown, ...config } = configOf(environment);
  const { shown: defaults, ...unset } = configOf({});
  assert.deepEqual(config, unset);
  assert.deepEqual(
    shown.map(({ value }) => value),
    defaults.map(({ value }) => value),
  );
});
