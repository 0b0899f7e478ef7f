/**
 * What the page of `/docs` sends if nobody changes anything: bodies of what is required, and no optional parameters
 * but those that are ticked. Their examples are shown, ready to be ticked.
 */

export interface Parameter {
  readonly name: string;
  readonly required?: boolean;
  readonly example?: unknown;
  readonly schema?: { readonly default?: unknown; readonly 'x-ticked'?: boolean };
}

/** A parameter of the document whose example is sent only by those who want it. */
export function withExampleToTick<One extends Parameter>(parameter: One): object {
  const { example, required, ...rest } = parameter;
  const { 'x-ticked': isTicked = false, ...schema } = parameter.schema ?? {};
  const value = example ?? schema.default;
  if (required === true || value === undefined) return parameter;
  // The viewer's extension; the name is the one that it looks for.
  return { ...rest, required, schema, examples: { default: { value, 'x-disabled': !isTicked } } };
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
}

export interface RequestBody {
  readonly content: Readonly<Record<string, { readonly schema?: Schema; readonly example?: unknown }>>;
}

/** A body with an example: the schema's own, else the examples of its required fields; none where one of them lacks it. */
export function withBodyExample<Body extends RequestBody>(body: Body): Body {
  const content = Object.entries(body.content).map(([type, media]) => {
    if (media.example !== undefined || media.schema === undefined) return [type, media] as const;
    const example = smallestExample(media.schema);
    return [type, example === undefined ? media : { ...media, example }] as const;
  });
  return { ...body, content: Object.fromEntries(content) };
}

function smallestExample({ properties = {}, required = [] }: Schema): object | undefined {
  const fields = required.map((name) => {
    const { examples, enum: words } = properties[name] ?? {};
    return [name, examples?.[0] ?? words?.[0]] as const;
  });
  const isWhole = fields.length > 0 && fields.every(([, value]) => value !== undefined);
  return isWhole ? Object.fromEntries(fields) : undefined;
}
