/** The schemas of the document have names, so that generated types have them: what is used twice stands there once. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { withNamedSchemas } from '../../../src/http/openapi/components.ts';
import { startTestApp } from '../http-app.ts';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly title?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly items?: Schema;
}

interface Part {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Operation {
  readonly operationId: string;
  readonly requestBody?: Part;
  readonly responses: Readonly<Record<string, Part>>;
}

const words: ReadonlySet<string> = new Set(['title', 'description', 'examples', '$id']);

/** What a schema is, whatever is said about it. A property may be called `title`; then it has a schema. */
function formOf(schema: object): string {
  return JSON.stringify(schema, (key, value) =>
    words.has(key) && (typeof value !== 'object' || Array.isArray(value)) ? undefined : value,
  );
}

/** Calls `found` with each object schema that has fields, below a node, and its place. */
function findObjects(node: unknown, place: string, found: (place: string, schema: object) => void): void {
  if (typeof node !== 'object' || node === null) return;
  const { type, properties } = node as Schema;
  const isObject = [type].flat().includes('object') && Object.keys(properties ?? {}).length > 0;
  if (isObject) found(place, node);
  for (const [key, child] of Object.entries(node))
    if (key !== 'example' && key !== 'examples') findObjects(child, `${place}/${key}`, found);
}

const app = await startTestApp('sqlite');
const document: Document = (await app.call('/docs/openapi.json')).body;
const operations = Object.values(document.paths).flatMap((path) => Object.values(path));

describe('the names of schemas', () => {
  after(() => app[Symbol.asyncDispose]());

  test('every JSON body and answer is a component, or a list of one', () => {
    const isNamed = ({ $ref, type, items }: Schema): boolean =>
      $ref !== undefined || (type === 'array' && items?.$ref !== undefined);
    const nameless = operations.flatMap(({ operationId, requestBody, responses }) =>
      Object.entries({ body: requestBody, ...responses })
        .filter(([, part]) => {
          const schema = part?.content?.['application/json']?.schema;
          return schema !== undefined && !isNamed(schema);
        })
        .map(([where]) => `${operationId} ${where}`),
    );
    assert.deepEqual(nameless, [], 'give the schemas a title');
  });

  test('no object stands there twice', () => {
    const places = new Map<string, string[]>();
    const note = (place: string, schema: object): void => {
      const form = formOf(schema);
      places.set(form, [...(places.get(form) ?? []), place]);
    };
    for (const operation of operations) findObjects(operation, operation.operationId, note);
    for (const [name, schema] of Object.entries(document.components.schemas)) findObjects(schema, name, note);
    assert.ok(places.size > 100, `${places.size}`);
    // Two components may happen to be alike, such as two kinds of tokens.
    const inlinedTwice = [...places.values()].filter(
      (same) => same.length > 1 && same.some((place) => place.includes('/')),
    );
    assert.deepEqual(inlinedTwice, [], 'give it a title, or refer to the component that is the same');
  });

  test('resources of the administration are components', () => {
    for (const name of [
      'Organization',
      'Model',
      'Persona',
      'PersonaVersion',
      'ApiKey',
      'Member',
      'Webhook',
      'Settings',
    ])
      assert.equal(document.components.schemas[name]?.title, name);
  });
});

const persona = (description: string) => ({
  type: 'object',
  title: 'Persona',
  description,
  properties: { title: { type: 'string', examples: [{ title: 'no schema' }] } },
});
const using = (...schemas: object[]) => ({
  paths: { '/': { get: { parameters: schemas } } },
  components: { schemas: {} },
});

describe('schemas with titles', () => {
  test('are components, and what is said of them differently stays where it is said', () => {
    const shown = withNamedSchemas(
      using(persona('One.'), { anyOf: [persona('Another.'), { type: 'null' }] }),
    );
    const { description: _, ...form } = persona('');
    assert.deepEqual(shown.components, { schemas: { Persona: form } });
    const [one, other] = shown.paths['/'].get.parameters;
    const $ref = '#/components/schemas/Persona';
    assert.deepEqual(one, { $ref, description: 'One.' });
    assert.deepEqual(other, { anyOf: [{ $ref, description: 'Another.' }, { type: 'null' }] });
    const alike = withNamedSchemas(using(persona('One.'), persona('One.')));
    assert.deepEqual(alike.components, { schemas: { Persona: persona('One.') } });
    assert.deepEqual(alike.paths['/'].get.parameters, [{ $ref }, { $ref }]);
  });

  test('that may be null are components that may not', () => {
    const shown = withNamedSchemas(using({ ...persona('One.'), type: ['object', 'null'] }));
    assert.deepEqual(shown.components, { schemas: { Persona: persona('One.') } });
    assert.deepEqual(shown.paths['/'].get.parameters, [
      { anyOf: [{ $ref: '#/components/schemas/Persona' }, { type: 'null' }] },
    ]);
  });

  test('can not be called alike if they are different', () => {
    const other = { type: 'object', title: 'Persona', properties: { name: { type: 'string' } } };
    assert.throws(() => withNamedSchemas(using(persona('One.'), other)), /are called Persona/);
  });
});
