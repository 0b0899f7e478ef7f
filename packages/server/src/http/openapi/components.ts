/**
 * Gives the document's schemas names: one with a `title` stands among the components once, by its title, and wherever a
 * route uses it there is a reference. So routes write schemas as values, and generated types have names.
 */

type Json = unknown;
type Fields = Readonly<Record<string, Json>>;

interface DocumentWithSchemas {
  readonly paths?: Readonly<Record<string, unknown>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

const prefix = '#/components/schemas/';

/** What holds values of the API, not schemas. */
const literals: ReadonlySet<string> = new Set(['example', 'examples', 'default', 'enum', 'const']);
/** What holds schemas by names of the API, which may be any word. */
const maps: ReadonlySet<string> = new Set([
  ...['properties', 'patternProperties', 'schemas', 'responses', 'content', 'headers'],
]);

function isFields(value: Json): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws Error if two different schemas have one title */
export function withNamedSchemas<Document extends DocumentWithSchemas>(document: Document): Document {
  const named = new Map<string, Fields>();
  /** What is said of a schema as a whole, by its uses. */
  const descriptions = new Map<string, Set<Json>>();
  const references: { $ref: string; description?: Json }[] = [];

  function add(name: string, schema: Fields): void {
    const known = named.get(name);
    if (known === undefined) named.set(name, schema);
    else if (formOf(known) !== formOf(schema)) {
      const forms = `${formOf(known)} and ${formOf(schema)}`;
      throw new Error(`two schemas of the OpenAPI document are called ${name}: ${forms}`);
    }
    const said = descriptions.get(name) ?? new Set();
    descriptions.set(name, said.add(schema.description));
  }

  function referenceTo(name: string, { description }: Fields): Fields {
    const reference = { $ref: `${prefix}${name}`, description };
    references.push(reference);
    return reference;
  }

  function lift(schema: Fields): Fields {
    const { title, type } = schema;
    if (typeof title !== 'string') return schema;
    if (!Array.isArray(type)) {
      add(title, schema);
      return referenceTo(title, schema);
    }
    const [only, ...others] = type.filter((one) => one !== 'null');
    const one = { ...schema, type: others.length === 0 ? only : [only, ...others] };
    add(title, one);
    return { anyOf: [referenceTo(title, one), { type: 'null' }] };
  }

  /** A part of the document with references in place of what has a title in it. */
  function inside(value: Json): Json {
    if (Array.isArray(value)) return value.map(walk);
    if (!isFields(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => {
        if (literals.has(key)) return [key, child];
        return [key, maps.has(key) && isFields(child) ? eachOf(child) : walk(child)];
      }),
    );
  }

  function walk(value: Json): Json {
    const changed = inside(value);
    return isFields(changed) ? lift(changed) : changed;
  }

  function eachOf(map: Fields): Fields {
    return Object.fromEntries(Object.entries(map).map(([name, schema]) => [name, walk(schema)]));
  }

  for (const [name, schema] of Object.entries(document.components?.schemas ?? {}))
    add(name, inside(schema) as Fields);
  const paths = inside(document.paths ?? {});
  // What all uses say alike stands with the schema, what they say differently with each of them.
  const isAlike = (name: string): boolean => descriptions.get(name)?.size === 1;
  for (const reference of references)
    if (isAlike(reference.$ref.slice(prefix.length))) delete reference.description;
  const schemas = [...named].map(([name, schema]) => {
    const { description: _, ...form } = schema;
    return [name, isAlike(name) ? schema : form];
  });
  return { ...document, paths, components: { ...document.components, schemas: Object.fromEntries(schemas) } };
}

/** What makes two schemas one: everything but what is said of them as a whole. */
function formOf({ description: _, examples: __, ...schema }: Fields): string {
  return JSON.stringify(schema);
}
