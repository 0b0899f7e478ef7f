/** Cuts a JSON Schema of a body down to what a form shows and checks. */

/**
 * @typedef {object} Schema
 * @property {string | string[]} [type]
 * @property {unknown[]} [enum]
 * @property {Record<string, Schema>} [properties]
 * @property {string[]} [required]
 * @property {Schema[]} [anyOf]
 * @property {Schema} [items]
 * @property {string} [description]
 * @property {string} [format]
 * @property {string} [pattern]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {number} [minLength]
 * @property {number} [maxLength]
 * @property {number} [minItems]
 * @property {number} [maxItems]
 * @property {boolean} [writeOnly]
 * @property {unknown} [default]
 * @property {unknown[]} [examples]
 */

/** Texts that may be longer are written in a field of several lines. */
const shortText = 300;

/** @param {Schema} schema @returns {import('./src/forms/fields.ts').FormSchema} */
export function formOf({ properties = {}, required = [] }) {
  return {
    fields: Object.entries(properties).map(([name, schema]) =>
      fieldOf(name, schema, required.includes(name)),
    ),
  };
}

/** @param {string} name @param {Schema} schema @param {boolean} isRequired */
function fieldOf(name, schema, isRequired) {
  const { value, isNullable } = withoutNull(schema);
  return {
    name,
    kind: kindOf(value),
    isRequired,
    isNullable,
    ...(schema.description !== undefined && { description: schema.description }),
    ...boundsOf(value),
    ...(value.properties && { fields: formOf(value).fields }),
    ...(value.items && { item: { kind: kindOf(value.items), ...boundsOf(value.items) } }),
  };
}

/** @param {Schema} schema */
function withoutNull(schema) {
  const other = schema.anyOf?.find(({ type }) => type !== 'null');
  if (other !== undefined) return { value: other, isNullable: true };
  if (!Array.isArray(schema.type)) return { value: schema, isNullable: false };
  return {
    value: { ...schema, type: schema.type.find((type) => type !== 'null') ?? 'string' },
    isNullable: schema.type.includes('null'),
  };
}

/** @param {Schema} schema @returns {import('./src/forms/fields.ts').FieldKind} */
function kindOf({ type, enum: words, maxLength = 0, format, writeOnly }) {
  if (words !== undefined) return 'choice';
  if (type === 'integer' || type === 'number' || type === 'boolean') return type;
  if (type === 'array') return 'list';
  if (type === 'object') return 'group';
  if (format === 'date-time') return 'time';
  return maxLength > shortText && format === undefined && !writeOnly ? 'long-text' : 'text';
}

/** @param {Schema} schema */
function boundsOf(schema) {
  const {
    enum: choices,
    minimum,
    maximum,
    minLength,
    maxLength,
    minItems,
    maxItems,
    pattern,
    examples,
  } = schema;
  const example = examples?.[0];
  /** @type {Record<string, unknown>} */
  const bounds = { choices, minimum, maximum, minLength, maxLength, minItems, maxItems, pattern };
  if (schema.writeOnly) bounds.isWriteOnly = true;
  if (schema.default !== undefined) bounds.default = schema.default;
  if (typeof example === 'string' || typeof example === 'number') bounds.example = String(example);
  return Object.fromEntries(Object.entries(bounds).filter(([, value]) => value !== undefined));
}
