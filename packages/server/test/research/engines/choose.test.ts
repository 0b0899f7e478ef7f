/** Every search engine of the list is complete: its variable turns it on, and its value is checked. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Agent } from 'undici';
import { catalog } from '../../../src/catalog.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { chooseSearchEngine, searchEngines } from '../../../src/research/engines/choose.ts';

const dispatcher = new Agent();
after(() => dispatcher.destroy());
const options = { dispatcher, userAgent: 'Colloquy/0.1 (test)' };

const allowedValues = { 'api-key': 'a-key', address: 'http://127.0.0.1:1' } as const;
const wrongValues = { 'api-key': 'two words', address: 'ftp://127.0.0.1' } as const;

test('no two engines share a name or a variable', () => {
  for (const key of ['name', 'variable'] as const) {
    const values = searchEngines.map((engine) => (key === 'name' ? engine.name : engine.variable.name));
    assert.equal(new Set(values).size, values.length);
  }
});

for (const [index, { name, variable }] of searchEngines.entries()) {
  test(`${name}: its variable turns it on`, () => {
    const { config, problems } = parseConfig({ [variable.name]: allowedValues[variable.holds] }, catalog);
    assert.ok(config, JSON.stringify(problems));
    assert.equal(chooseSearchEngine(config.search, options).name, name);
  });

  test(`${name}: it stands before those after it in the list`, () => {
    const environment = searchEngines
      .slice(index)
      .map(({ variable: { name, holds } }) => [name, allowedValues[holds]]);
    const { config } = parseConfig(Object.fromEntries(environment), catalog);
    assert.ok(config);
    assert.equal(chooseSearchEngine(config.search, options).name, name);
  });

  test(`${name}: a value that its variable may not hold is a problem`, () => {
    const { problems } = parseConfig({ [variable.name]: wrongValues[variable.holds] }, catalog);
    assert.deepEqual(
      problems?.map((problem) => problem.name),
      [variable.name],
    );
  });
}

test('where no engine is configured, Wikipedia is used', () => {
  assert.equal(chooseSearchEngine({ engines: {} }, options).name, 'wikipedia');
});
