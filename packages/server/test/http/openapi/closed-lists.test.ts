/**
 * Published closed lists: a value that is taken away, or added without being published, fails here. The tables
 * beside this file have the values written out, since comparing the code's lists with themselves would prove nothing.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { startTestApp } from '../http-app.ts';
import { ofAdministration } from './published-administration.ts';
import { ofConversations } from './published-conversations.ts';
import { ofGenerations } from './published-generations.ts';
import { ofModels } from './published-models.ts';
import { ofOpenAi } from './published-openai.ts';

const published = [ofGenerations, ofModels, ofAdministration, ofConversations, ofOpenAi].flatMap((lists) =>
  Object.entries(lists),
);

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

/** Calls `found` with every `enum` below a node, and the name of the property or parameter that it belongs to. */
function findEnums(node: unknown, field: string, found: (field: string, values: string[]) => void): void {
  if (!isObject(node)) return;
  if (Array.isArray(node.enum)) found(field, node.enum);
  const isParameter = typeof node.in === 'string' && typeof node.name === 'string';
  for (const [key, child] of Object.entries(node)) {
    if (key === 'example' || key === 'examples') continue;
    if (key === 'properties' && isObject(child)) {
      for (const [name, property] of Object.entries(child)) findEnums(property, name, found);
    } else {
      findEnums(child, isParameter ? String(node.name) : field, found);
    }
  }
}

/** The lists of the document, by place. The one word that each event of a stream has for its type stands with the others. */
function listsOf(document: Json): Map<string, string[][]> {
  const lists = new Map<string, string[][]>();
  const add = (owner: string) => (field: string, values: string[]) => {
    const place = `${owner}.${field}`;
    const known = lists.get(place);
    if (known === undefined) lists.set(place, [values]);
    else if (owner.endsWith('Event') && field === 'type') known[0]?.push(...values);
    else known.push(values);
  };
  const { components, paths } = document as {
    components: { schemas: Record<string, Json & { oneOf?: { $ref: string }[] }> };
    paths: Record<string, Json>;
  };
  const { schemas } = components;
  const membersOf = (name: string): string[] =>
    (schemas[name]?.oneOf ?? []).map(({ $ref }) => $ref.split('/').at(-1) ?? '');
  const events = new Set(Object.keys(schemas).flatMap(membersOf));
  for (const [name, schema] of Object.entries(schemas)) {
    if (events.has(name)) continue;
    findEnums(schema, name, add(name));
    for (const event of membersOf(name)) findEnums(schemas[event], name, add(name));
  }
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path))) {
    findEnums(operation, '', add((operation as { operationId: string }).operationId));
  }
  return lists;
}

const app = await startTestApp('sqlite');
const lists = listsOf((await app.call('/docs/openapi.json')).body);

describe('closed lists', () => {
  after(() => app[Symbol.asyncDispose]());

  for (const [name, { values, list, places }] of published) {
    test(name, () => {
      if (list !== null) assert.deepEqual(list, values);
      for (const place of places) {
        const found = lists.get(place) ?? assert.fail(`${place} is not a closed list in the document`);
        for (const one of found) assert.deepEqual(one, values, place);
      }
    });
  }

  test('every list of the document is in the table', () => {
    const known = published.flatMap(([, { places }]) => places);
    assert.deepEqual(
      [...lists.keys()].filter((place) => !known.includes(place)),
      [],
    );
  });
});
