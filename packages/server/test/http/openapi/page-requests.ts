/** What the page of `/docs` sends for an operation if nobody changes anything; `page.slow.test.ts` compares it with the page. */

export interface ShownParameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly example?: unknown;
  readonly examples?: { readonly default?: { readonly value: unknown; readonly 'x-disabled'?: boolean } };
  readonly schema?: { readonly default?: unknown; readonly examples?: readonly unknown[] };
}

export interface ShownOperation {
  readonly operationId: string;
  readonly tags?: readonly string[];
  readonly security?: readonly Readonly<Record<string, unknown>>[];
  readonly parameters?: readonly ShownParameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly example?: unknown }>> };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}

export interface ShownDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, ShownOperation>>>>;
}

/** An operation with its place. */
export interface PlacedOperation extends ShownOperation {
  readonly method: string;
  readonly path: string;
}

export interface PageRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export function operationsOf({ paths }: ShownDocument): readonly PlacedOperation[] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
    })),
  );
}

/** The parameters that are sent, and their values. `value` may put others in the place of examples. */
function sentParameters(operation: ShownOperation, place: ShownParameter['in'], value: Replace) {
  return (operation.parameters ?? []).flatMap((parameter): [string, unknown][] => {
    if (parameter.in !== place) return [];
    const { examples, schema } = parameter;
    if (examples?.default?.['x-disabled'] === true) return [];
    const example = examples?.default?.value ?? parameter.example ?? schema?.default ?? schema?.examples?.[0];
    return example === undefined ? [] : [[parameter.name, value(parameter.name, example)]];
  });
}

/** Gives the value that is sent in place of a parameter's example. */
export type Replace = (name: string, example: unknown) => unknown;

export function pageRequest(
  operation: PlacedOperation,
  value: Replace = (_, example) => example,
): PageRequest {
  const { method, requestBody, responses } = operation;
  const path = sentParameters(operation, 'path', value).reduce(
    (filled, [name, one]) => filled.replace(`{${name}}`, encodeURIComponent(String(one))),
    operation.path,
  );
  const query = new URLSearchParams();
  for (const [name, one] of sentParameters(operation, 'query', value)) query.append(name, String(one));
  const success = Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1];
  const accepted = Object.keys(success?.content ?? {}).join(', ');
  const [type, media] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  return {
    method,
    path: query.size === 0 ? path : `${path}?${query}`,
    headers: {
      accept: accepted === '' ? '*/*' : accepted,
      ...(type !== undefined && { 'content-type': type }),
      ...Object.fromEntries(
        sentParameters(operation, 'header', value).map(([name, one]) => [name, String(one)]),
      ),
    },
    ...(media?.example !== undefined && { body: media.example }),
  };
}

/** The credential that the operation takes of those that are typed on top of the page. */
export function takesAdminKey({ path }: PlacedOperation): boolean {
  return path.startsWith('/api/admin/');
}
