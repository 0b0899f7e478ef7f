/** Which JSON Schemas a grammar can hold an answer to, and how the others are refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toGrammarSchema, UnfitSchemaError } from '../../../../src/models/local/worker/json-schema.ts';

const string = { type: 'string' } as const;

test('what a grammar takes is written in its words', () => {
  assert.deepEqual(
    toGrammarSchema({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        name: { type: 'string', description: 'whose' },
        age: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
        tags: { type: 'array', items: { $ref: '#/definitions/tag' }, minItems: 1 },
        maybe: {
          type: ['string', 'object'],
          properties: { deep: { const: 3 } },
          additionalProperties: false,
        },
      },
      required: ['name'],
      additionalProperties: false,
      definitions: { tag: { enum: ['a', 'b'] } },
    }),
    {
      type: 'object',
      properties: {
        name: string,
        age: { oneOf: [{ type: 'integer' }, { type: 'null' }] },
        tags: { type: 'array', minItems: 1, items: { $ref: '#/$defs/tag' } },
        maybe: {
          oneOf: [
            string,
            { type: 'object', properties: { deep: { enum: [3] } }, additionalProperties: false },
          ],
        },
      },
      additionalProperties: false,
      $defs: { tag: { enum: ['a', 'b'] } },
    },
  );
});

const deep = (depth: number): Record<string, unknown> =>
  depth === 0 ? string : { type: 'array', items: deep(depth - 1) };

const unfit: readonly [schema: Record<string, unknown>, where: RegExp][] = [
  [{ type: 'object', properties: { a: { type: 'string', pattern: '^a' } } }, /^schema\.a: .* pattern$/],
  [{ type: 'object', patternProperties: {} }, /^the schema: .*patternProperties/],
  [{ type: 'integer', minimum: 3 }, /minimum/],
  [{ not: string }, /not/],
  [{ type: 'array', items: { type: 'string', format: 'email' } }, /^schema\.items: .*email/],
  [{ type: 'string', maxLength: 100_000 }, /maxLength/],
  [{ $ref: 'https://example.com/schema' }, /reference/],
  [{ type: 'number', enum: [] }, /enum/],
  [{ type: 'thing' }, /type thing/],
  [{ type: 'object', properties: { a: 7 } }, /no object/],
  [deep(40), /too large/],
  [{ anyOf: Array.from({ length: 3000 }, () => string) }, /too large/],
];

test('what it can’t hold an answer to is refused, and named', () => {
  for (const [schema, where] of unfit)
    assert.throws(
      () => toGrammarSchema(schema),
      (error) => error instanceof UnfitSchemaError && where.test(error.message),
      JSON.stringify(schema).slice(0, 80),
    );
});
