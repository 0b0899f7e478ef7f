/**
 * From a JSON Schema to what node-llama-cpp makes a grammar of. What a grammar can't hold an answer to is refused, rather
 * than passed over. All properties of an object are written, whether they are required or not.
 */
import { isObject } from '../../upstream/upstream-error.ts';

type Schema = Readonly<Record<string, unknown>>;

/** A grammar grows with these. */
const deepest = 32;
const mostNodes = 2000;
const mostRepeats = 1000;

const simpleTypes: readonly unknown[] = ['string', 'number', 'integer', 'boolean', 'null'];
const formats: readonly unknown[] = ['date-time', 'time', 'date'];

/** Keywords that say nothing about which values fit. */
const annotations = [
  ...['title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly'],
  ...['$schema', '$id', '$comment', '$anchor'],
];
/** What else may stand in a schema of each kind. */
const keywords = {
  reference: ['$ref'],
  alternatives: ['anyOf', 'oneOf'],
  literal: ['const', 'enum', 'type'],
  object: ['type', 'properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties'],
  array: ['type', 'items', 'prefixItems', 'minItems', 'maxItems'],
  string: ['type', 'minLength', 'maxLength', 'format'],
  simple: ['type'],
} as const;
const definitions = ['$defs', 'definitions'];

/** A schema that no grammar can be made of; the message is a clause that says where and why. */
export class UnfitSchemaError extends Error {}

/** @throws UnfitSchemaError */
export function toGrammarSchema(schema: Schema): Schema {
  const converter = new Converter();
  const defs = definitions.flatMap((name) => Object.entries(asObject(schema[name] ?? {}, name)));
  const root = converter.convert(schema, '', 0);
  if (defs.length === 0) return root;
  const converted = defs.map(([name, one]) => [name, converter.convert(one, `$defs.${name}`, 1)]);
  return { ...root, $defs: Object.fromEntries(converted) };
}

class Converter {
  #nodes = 0;

  convert(value: unknown, path: string, depth: number): Schema {
    if (value === true) return anything;
    const schema = asObject(value, path);
    this.#nodes += 1;
    if (depth > deepest || this.#nodes > mostNodes) throw unfit(path, 'the schema is too large');
    if (schema.$ref !== undefined) return this.#reference(schema, path);
    const options = schema.anyOf ?? schema.oneOf;
    if (options !== undefined) {
      check(schema, 'alternatives', path);
      return { oneOf: this.#list(options, `${path}.anyOf`, depth) };
    }
    if (schema.const !== undefined || schema.enum !== undefined) return literal(schema, path);
    if (Array.isArray(schema.type) && schema.type.some((one) => !simpleTypes.includes(one))) {
      const { type, ...rest } = schema;
      return { oneOf: type.map((one) => this.convert(onlyFor(one, rest), path, depth + 1)) };
    }
    return this.#typed(schema, path, depth);
  }

  #typed(schema: Schema, path: string, depth: number): Schema {
    const type = schema.type ?? (schema.properties === undefined ? undefined : 'object');
    if (type === 'object') return this.#object(schema, path, depth);
    if (type === 'array') {
      check(schema, 'array', path);
      const { items, prefixItems } = schema;
      return {
        type,
        ...bounds(schema, ['minItems', 'maxItems'], path),
        items: items === undefined ? anything : this.convert(items, `${path}.items`, depth + 1),
        ...(prefixItems !== undefined && {
          prefixItems: this.#list(prefixItems, `${path}.prefixItems`, depth),
        }),
      };
    }
    if (type === 'string') {
      check(schema, 'string', path);
      const { format } = schema;
      if (format !== undefined && !formats.includes(format))
        throw unfit(path, `the format ${String(format)}`);
      if (format !== undefined) return { type, format };
      return { type, ...bounds(schema, ['minLength', 'maxLength'], path) };
    }
    check(schema, 'simple', path);
    if (type === undefined) return anything;
    const types = Array.isArray(type) ? type : [type];
    const unknown = types.find((one) => !simpleTypes.includes(one));
    if (unknown !== undefined || types.length === 0) throw unfit(path, `the type ${String(unknown)}`);
    return { type };
  }

  #object(schema: Schema, path: string, depth: number): Schema {
    check(schema, 'object', path);
    const properties = Object.entries(asObject(schema.properties ?? {}, `${path}.properties`));
    const more = schema.additionalProperties ?? properties.length === 0;
    return {
      type: 'object',
      properties: Object.fromEntries(
        properties.map(([name, one]) => [name, this.convert(one, `${path}.${name}`, depth + 1)]),
      ),
      ...bounds(schema, ['minProperties', 'maxProperties'], path),
      additionalProperties:
        typeof more === 'boolean' ? more : this.convert(more, `${path}.additionalProperties`, depth + 1),
    };
  }

  #reference(schema: Schema, path: string): Schema {
    check(schema, 'reference', path);
    const name = /^#\/(?:\$defs|definitions)\/([^/~%]+)$/.exec(String(schema.$ref))?.[1];
    if (name === undefined) throw unfit(path, `the reference ${String(schema.$ref)}`);
    return { $ref: `#/$defs/${name}` };
  }

  #list(value: unknown, path: string, depth: number): readonly Schema[] {
    if (!Array.isArray(value) || value.length === 0) throw unfit(path, 'a list without schemas');
    return value.map((one, index) => this.convert(one, `${path}[${index}]`, depth + 1));
  }
}

/** Objects and lists hold any values in turn. */
const anything: Schema = {
  oneOf: [
    { type: ['string', 'number', 'boolean', 'null'] },
    { type: 'object', additionalProperties: true },
    { type: 'array' },
  ],
};

function onlyFor(type: unknown, rest: Schema): Schema {
  const kind = type === 'object' || type === 'array' || type === 'string' ? type : 'simple';
  const own = [...keywords[kind], ...annotations] as readonly string[];
  return { type, ...Object.fromEntries(Object.entries(rest).filter(([name]) => own.includes(name))) };
}

function literal(schema: Schema, path: string): Schema {
  check(schema, 'literal', path);
  const values = schema.const === undefined ? schema.enum : [schema.const];
  if (!Array.isArray(values) || values.length === 0 || values.length > mostRepeats)
    throw unfit(path, 'an enum of this size');
  if (values.some((value) => typeof value === 'object' && value !== null))
    throw unfit(path, 'an enum of objects');
  return { enum: values };
}

function bounds(schema: Schema, names: readonly string[], path: string): Schema {
  const given = names.filter((name) => schema[name] !== undefined);
  for (const name of given) {
    const value = schema[name];
    if (!Number.isInteger(value) || Number(value) < 0 || Number(value) > mostRepeats)
      throw unfit(path, `${name} of more than ${mostRepeats}`);
  }
  return Object.fromEntries(given.map((name) => [name, schema[name]]));
}

function check(schema: Schema, kind: keyof typeof keywords, path: string): void {
  const known: readonly string[] = [...keywords[kind], ...annotations, ...(path === '' ? definitions : [])];
  const unknown = Object.keys(schema).find((name) => !known.includes(name));
  if (unknown !== undefined) throw unfit(path, unknown);
}

function asObject(value: unknown, path: string): Schema {
  if (isObject(value)) return value;
  throw unfit(path, 'what is no object');
}

function unfit(path: string, what: string): UnfitSchemaError {
  const where = path === '' ? 'the schema' : `schema.${path.replace(/^\./, '')}`;
  return new UnfitSchemaError(`${where}: the local model can't hold an answer to ${what}`);
}
