/** Bodies that are made up from the schema of an operation. */
import fc from 'fast-check';
import { seldom, weighted } from './choices.ts';
import type { Operation } from './document.ts';
import { absurd, allowed, nearly, type Resolve, type Value } from './values.ts';

const brokenBodies = fc.constantFrom(
  '',
  ' ',
  'null',
  'true',
  '"text"',
  '[]',
  '[{}]',
  '{',
  '{"message":"x"',
  "{'message':'x'}",
  '{"message":"x",}',
  '{"message":NaN}',
  '{"message":1e999}',
  '{"max_tokens":1e400,"message":"x"}',
  '\ufeff{}',
  '{"\\ud800":1}',
  '{"message":"\\u0000"}',
  `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`,
  '['.repeat(5000),
  '<xml/>',
  'message=x',
  '\u00ff\u00fe',
  '{"message":"\u00e4\u00ff"}',
  '{"__proto__":{"message":"x"}}',
  '{"constructor":{"prototype":{"message":"x"}}}',
  '{"message":"<<long.1100000>>"}',
  '{"message":"<<long.4300000>>"}',
);

const strayFields = fc.constantFrom(
  '"__proto__":{"isAdmin":true}',
  '"constructor":1',
  '"toString":"x"',
  '"unknown":null',
  '"":1',
  '"id":"x"',
  '"organization_id":"<<organization.7>>"',
  '"message":"twice"',
  '"name":"twice"',
  '"user_id":null',
  '"\\u0000":1',
  '"org_id":"<<organization.0>>"',
  '"<<long.300>>":1',
);

/** The text of a body: as the operation takes it, with something wrong in it, or no JSON at all. */
export function bodyOf({ body, method }: Operation, resolve: Resolve): fc.Arbitrary<string | undefined> {
  if (body === undefined) {
    const odd = fc.oneof(fc.constant('{}'), fc.constant('{"environment":"test"}'), brokenBodies);
    return seldom<string | undefined>(undefined, odd, method === 'POST' ? 6 : 15);
  }
  const right = allowed(body, '', resolve);
  const changed = fc
    .tuple(right, fc.array(changeOf(body, resolve), { minLength: 1, maxLength: 3 }))
    .map(([value, changes]) => changes.reduce(apply, value));
  const text = (value: unknown): string => JSON.stringify(value) ?? '';
  const withStray = fc
    .tuple(right.map(text), strayFields)
    .map(([json, field]) => (json === '{}' ? `{${field}}` : json.replace(/^\{/, `{${field},`)));
  return weighted<string | undefined>(
    [10, right.map(text)],
    [6, changed.map(text)],
    [2, withStray],
    [1, absurd.map(text)],
    [2, brokenBodies],
    [1, fc.constant(undefined)],
  );
}

/** Something else in the place of a field, however deep; `undefined` leaves it out. */
interface Change {
  readonly at: number;
  readonly value: unknown;
}

function changeOf(body: Parameters<Resolve>[0], resolve: Resolve): fc.Arbitrary<Change> {
  const { properties = {} } = resolve(body);
  const near: Value[] = Object.entries(properties).map(([name, schema]) => nearly(schema, name, resolve));
  const value = fc.oneof(absurd, ...near, fc.constant(undefined));
  return fc.record({ at: fc.nat(30), value });
}

function apply(value: unknown, { at, value: other }: Change): unknown {
  const places = placesIn(value);
  const path = places[at % Math.max(1, places.length)];
  return path === undefined ? other : changedAt(value, path, other);
}

/** The paths of all fields and elements of a value. */
function placesIn(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) => [
    [name],
    ...placesIn(child).map((path) => [name, ...path]),
  ]);
}

function changedAt(value: unknown, [name = '', ...rest]: readonly string[], other: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((child, index) => {
      if (String(index) !== name) return child;
      return rest.length === 0 ? other : changedAt(child, rest, other);
    });
  }
  const fields = { ...(value as Record<string, unknown>) };
  fields[name] = rest.length === 0 ? other : changedAt(fields[name], rest, other);
  return fields;
}
