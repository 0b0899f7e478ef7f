/** snake_case of the wire and camelCase of the client. Only names change, never values. */

export function toCamel(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toCamel);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
      // What an app has stored has names of its own.
      name === 'metadata' ? inner : toCamel(inner),
    ]),
  );
}
