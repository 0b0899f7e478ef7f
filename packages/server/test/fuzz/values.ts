/**
 * Values by a schema: such as it allows, such as it just does not, and absurd ones. A text may hold places for what only
 * the world knows: `<<conversation.2>>` becomes an id, a JSON string `"<<#persona.0>>"` a number, and `<<long.8001>>` so
 * many characters, so that a request stays short to print.
 */
import fc from 'fast-check';
import type { Schema } from './document.ts';

export type Resolve = (schema: Schema) => Schema;
export type Value = fc.Arbitrary<unknown>;

/** The kind of thing that a field of this name names. */
const kindsOfFields: Readonly<Record<string, string>> = {
  conversation_id: 'conversation',
  chat_id: 'conversation',
  session: 'session',
  session_id: 'session',
  chat_session_id: 'session',
  message_id: 'message',
  model_id: 'model',
  default_model_id: 'model',
  helper_model_id: 'model',
  fallbacks: 'model',
  persona_id: 'persona',
  default_persona_id: 'persona',
  personas: 'persona',
  key_id: 'key',
  org_id: 'organization',
  organization_id: 'organization',
  user_id: 'user',
  generation_id: 'generation',
  alias: 'alias',
  after: 'event',
  'last-event-id': 'event',
  cursor: 'cursor',
  base_url: 'upstream',
  delivery: 'delivery',
  token: 'link',
  question_id: 'set-question',
};

/** Values of fields whose schema does not say all that holds for them. */
const knownValues: Readonly<Record<string, readonly string[]>> = {
  environment: ['test', 'prod'],
  allowed_origins: ['https://www.example.com', 'https://*.example.com', 'http://localhost:5173'],
  expires_at: ['2030-01-01T00:00:00Z', '2099-12-31T23:59:59.999+01:00'],
  api_key_env: ['OPENAI_API_KEY'],
  url: ['https://hooks.example.com/', 'http://127.0.0.1:9/', 'data:image/png;base64,iVBORw0KGgo='],
  // Its pattern looks around, which fast-check can't follow.
  secret: ['q7Jx0bYV-2dE9rTnK4sLwZ'],
};

/** The kind of thing that `{id}` names in a path. */
const kindsOfPaths: readonly (readonly [RegExp, string])[] = [
  [/^\/chats\//, 'conversation'],
  [/^\/conversations\/inference/, 'question'],
  [/^\/conversations\//, 'message'],
  [/^\/api\/console\/sessions\//, 'sign-in-session'],
  [/\/generations\//, 'generation'],
  [/\/models\//, 'model'],
  [/\/personas\//, 'persona'],
  [/\/keys\//, 'key'],
  [/\/members\//, 'member'],
  [/\/webhooks\//, 'webhook'],
  [/\/question-sets\//, 'question-set'],
];

export function kindOf(name: string, path = ''): string | undefined {
  return kindsOfFields[name] ?? (name === 'id' ? kindsOfPaths.find(([of]) => of.test(path))?.[1] : undefined);
}

/** Something of the kind: mostly the caller's own, else somebody else's. */
export function place(kind: string, isNumber = false): fc.Arbitrary<string> {
  const index = fc.oneof(
    { weight: 14, arbitrary: fc.nat(4) },
    { weight: 1, arbitrary: fc.integer({ min: 5, max: 7 }) },
  );
  return index.map((one) => `<<${isNumber ? '#' : ''}${kind}.${one}>>`);
}

/** Texts that have broken servers before. */
export const absurdTexts: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'a\udfffb',
  '\u200b\u2060',
  '\u2028',
  '\u0085\r\n\r',
  '\ufeff',
  '💥'.repeat(20),
  'e\u0301'.repeat(50),
  '\u202e\u202d',
  'ﷺ'.repeat(30),
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '../../etc/passwd',
  '..',
  '.',
  '%00',
  '%',
  '%zz',
  "'; drop table message; --",
  '" or 1=1',
  '$1',
  '{{date}}',
  '{{metadata.__proto__}}',
  'NaN',
  'Infinity',
  '-0',
  '1e309',
  '9007199254740993',
  '99999999999999999999',
  '0x10',
  '2026-02-30T00:00:00Z',
  '9999-12-31T23:59:60.999+23:59',
  '+275760-09-13T00:00:00.000Z',
  '0000-01-01T00:00:00Z',
  '00000000-0000-0000-0000-000000000000',
  'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
  '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f0',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'http://user:pass@127.0.0.1:9/',
  '<<long.256>>',
  '<<long.8001>>',
  '<<long.200001>>',
  '<<wide.5000>>',
];

const absurdNumbers = [
  0,
  -0,
  -1,
  0.5,
  1e-300,
  2 ** 31,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 53,
  2 ** 63,
  1e21,
  1.7976931348623157e308,
];

export const absurd: Value = fc.oneof(
  fc.constantFrom<unknown>(...absurdTexts),
  fc.constantFrom<unknown>(...absurdNumbers, true, false, null),
  fc.constantFrom<unknown>([], {}, [[]], [null], { '': '' }, { length: -1 }, [{ $ref: '#' }]),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** A value that the schema of a field allows. */
export function allowed(schema: Schema, name: string, resolve: Resolve, path = ''): Value {
  const { enum: words, const: only, anyOf, oneOf, type } = resolve(schema);
  if (only !== undefined) return fc.constant(only);
  const known = knownValues[name];
  if (known !== undefined && type === 'string') return fc.constantFrom(...known);
  if (words !== undefined && words.length > 0) return fc.constantFrom(...words);
  const branches = anyOf ?? oneOf;
  if (branches !== undefined) {
    return fc.oneof(...branches.map((branch) => allowed(branch, name, resolve, path)));
  }
  switch (Array.isArray(type) ? type[0] : type) {
    case 'string':
      return textOf(resolve(schema), kindOf(name, path));
    case 'integer':
    case 'number':
      return numberOf(resolve(schema), kindOf(name, path));
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return arrayOf(resolve(schema), name, resolve);
    case 'object':
      return objectOf(resolve(schema), resolve);
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

function textOf({ format, pattern, minLength = 0, maxLength }: Schema, kind: string | undefined): Value {
  const most = Math.min(maxLength ?? 40, 40);
  const least = Math.min(minLength, most);
  const plain = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom('Hello there', 'What is it?', 'A title', 'x', 'Ünïcödé 💡') },
    { weight: 2, arbitrary: fc.string({ unit: 'grapheme', minLength: least, maxLength: most }) },
    ...(maxLength === undefined ? [] : [{ weight: 1, arbitrary: fc.constant(`<<long.${maxLength}>>`) }]),
  );
  if (kind === 'cursor') return fc.oneof(place(kind), forgedCursors);
  if (kind !== undefined && kind !== 'event') {
    return fc.oneof({ weight: 9, arbitrary: place(kind) }, { weight: 1, arbitrary: uuidOrText(format) });
  }
  if (kind === 'event') return fc.tuple(place('generation'), fc.nat(9)).map(([id, seq]) => `${id}:${seq}`);
  switch (format) {
    case 'uuid':
      return fc.uuid();
    case 'date-time':
      return fc.constantFrom('2026-11-22T20:30:00.000Z', '1970-01-01T00:00:00Z', '2030-01-01t00:00:00+02:00');
    case 'date':
      return fc.constantFrom('2026-11-22', '2026-12-31', '2000-01-01');
    case 'uri':
      return place('upstream');
    case 'email':
      return fc.nat().map((n) => `someone${n}@a.example`);
    default:
      return pattern === undefined ? plain : fc.stringMatching(new RegExp(pattern, 'u'));
  }
}

const anId = '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01';
/** What somebody may take for a cursor who has seen what one looks like inside. */
const forgedCursors = fc
  .constantFrom(
    ...['', '0', '-1', '1', '2147483648', '4294967296', '9999999999', anId, anId.toUpperCase(), `0:${anId}`],
    ...[`999999999999999:${anId}`, `-1:${anId}`, '0:', '0:1:0', '1:0:0', '0:1:-1', '0:1:999999999999999'],
    ...[
      '-999999999999999:999999999999999:5',
      '0:999999999999999:0',
      '-99999999999999:1:0',
      'a:b:c',
      '\0',
      '💥',
    ],
  )
  .map((inside) => Buffer.from(inside).toString('base64url'));

function uuidOrText(format: string | undefined): Value {
  return format === 'uuid' ? fc.uuid() : fc.constantFrom('somebody', 'helper', 'x'.repeat(255));
}

function numberOf({ type, minimum, maximum }: Schema, kind: string | undefined): Value {
  const min = Math.max(minimum ?? -10, -(2 ** 31));
  const max = Math.min(maximum ?? 2 ** 31 - 1, 2 ** 31 - 1);
  const bounds = [minimum, maximum].filter((bound) => bound !== undefined);
  const usual = fc.oneof(
    fc.integer({ min: Math.ceil(min), max: Math.max(Math.ceil(min), Math.min(max, Math.ceil(min) + 20)) }),
    fc.constantFrom(...bounds, Math.ceil(min)),
    ...(type === 'number' ? [fc.double({ min, max: Math.max(min, max), noNaN: true })] : []),
  );
  if (kind === undefined) return usual;
  return fc.oneof({ weight: 9, arbitrary: place(kind, true) }, { weight: 1, arbitrary: usual });
}

function arrayOf({ items = {}, minItems = 0, maxItems = 3 }: Schema, name: string, resolve: Resolve): Value {
  return fc.array(allowed(items, name, resolve), { minLength: minItems, maxLength: Math.min(maxItems, 4) });
}

function objectOf({ properties = {}, required = [], patternProperties }: Schema, resolve: Resolve): Value {
  const fields = Object.entries(properties).map(([name, schema]) => ({
    name,
    value: allowed(schema, name, resolve),
    isRequired: required.includes(name),
  }));
  const withSome = (present: number): fc.Arbitrary<object> => {
    const parts = fields.map(({ name, value, isRequired }) => {
      const one = value.map((given) => [[name, given]]);
      const none = fc.constant([]);
      return isRequired
        ? one
        : fc.oneof({ weight: 8 - present, arbitrary: none }, { weight: present, arbitrary: one });
    });
    return fc.tuple(...parts).map((pairs) => Object.fromEntries(pairs.flat() as [string, unknown][]));
  };
  // Of many optional fields that are all there, some mostly contradict each other.
  const known = fc.oneof(withSome(1), withSome(1), withSome(4));
  const [pattern, schema] = Object.entries(patternProperties ?? {})[0] ?? [];
  if (pattern === undefined || schema === undefined) return known;
  const named = fc.dictionary(fc.stringMatching(new RegExp(pattern, 'u')), allowed(schema, '', resolve), {
    maxKeys: 3,
    noNullPrototype: true,
  });
  return fc.tuple(known, named).map(([first, second]) => ({ ...second, ...first }));
}

/** A value as the text of a query or of a path. */
export function textOfValue(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** A value that is next to those that the schema of a field allows. */
export function nearly(schema: Schema, name: string, resolve: Resolve, path = ''): Value {
  const { type, minLength, maxLength, minimum, maximum, enum: words } = resolve(schema);
  const right = allowed(schema, name, resolve, path);
  const beyond = [
    ...(maxLength === undefined ? [] : [`<<long.${maxLength + 1}>>`, `<<wide.${maxLength}>>`]),
    ...(minLength === undefined || minLength === 0 ? [] : ['x'.repeat(Math.min(minLength - 1, 100))]),
    ...(minimum === undefined ? [] : [minimum - 1]),
    ...(maximum === undefined ? [] : [maximum + 1]),
    ...(type === 'integer' ? [1.5, 1e300, '1'] : []),
    ...(words === undefined ? [] : words.map((word) => String(word).toUpperCase())),
  ];
  return fc.oneof(
    right.map((value) => [value]),
    right.map((value) => textOfValue(value).toUpperCase()),
    right.map((value) => ({ value })),
    right.map((value) => ` ${textOfValue(value)} `),
    fc.constant(null),
    ...(beyond.length === 0 ? [] : [fc.constantFrom<unknown>(...beyond)]),
  );
}
