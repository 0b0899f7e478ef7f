/**
 * The server's OpenAPI document as the fuzzer reads it: what each operation takes, which operation a request reaches,
 * and whether an answer is one that the operation declares.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import findMyWay, { type HTTPMethod } from 'find-my-way';

/** A JSON schema of the document, or what stands below one. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  /** The path as the document writes it: `/chats/{id}`. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** The schema of its body; undefined for an operation that takes none. */
  readonly body: Schema | undefined;
}

/** What a request reaches: an operation, or the methods that its path takes, or no path of the document. */
export type Reached =
  | { readonly operation: Operation; readonly isHead: boolean }
  | { readonly methods: readonly string[] }
  | undefined;

export interface ApiDocument {
  readonly operations: readonly Operation[];
  /** Follows references until a schema that is none. */
  resolve(schema: Schema): Schema;
  /** `path` is what stands in the request line before the query. */
  find(method: string, path: string): Reached;
  /** Sentences about what is not declared of an answer; `text` is undefined where there is no body to look at. */
  undeclared(operation: Operation, answer: DeclaredPart): readonly string[];
}

export interface DeclaredPart {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string | undefined;
}

interface RawResponse {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface RawOperation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly responses: Readonly<Record<string, RawResponse>>;
}

export interface RawDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Paths that are the same with a slash at the end, as their descriptions say. */
const withSlash: ReadonlySet<string> = new Set(['/chats', '/conversations']);
/** Answers whose documented headers stand on some of them only. */
const optionalHeaders: ReadonlySet<string> = new Set([
  ...['content-location', 'retry-after', 'location'],
  // Of callers with limits.
  ...['ratelimit', 'ratelimit-policy'],
]);

export function readDocument(raw: RawDocument): ApiDocument {
  const ajv = createAjv(raw);
  const router = findMyWay({ maxParamLength: 1024 });
  const responses = new Map<Operation, RawOperation['responses']>();
  const byKey = new Map<string, Operation>();
  for (const [path, operations] of Object.entries(raw.paths)) {
    for (const [method, one] of Object.entries(operations)) {
      const operation: Operation = {
        id: one.operationId,
        method: method.toUpperCase(),
        path,
        parameters: one.parameters ?? [],
        body: one.requestBody?.content['application/json']?.schema,
      };
      responses.set(operation, one.responses);
      byKey.set(`${operation.method} ${path}`, operation);
      for (const one of [path, ...(withSlash.has(path) ? [`${path}/`] : [])]) {
        router.on(operation.method as HTTPMethod, one.replace(/\{(\w+)\}/g, ':$1'), () => undefined, {
          path,
        });
      }
    }
  }
  const lookUp = (method: string, path: string): Operation | undefined => {
    const found = router.find(method as HTTPMethod, path);
    const template = (found?.store as { path: string } | undefined)?.path;
    return template === undefined ? undefined : byKey.get(`${method} ${template}`);
  };
  return {
    operations: [...responses.keys()],
    resolve: (schema) => resolve(raw, schema),
    find(method, path) {
      const isHead = method === 'HEAD';
      const operation = lookUp(isHead ? 'GET' : method, path);
      if (operation !== undefined) return { operation, isHead };
      const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((one) => lookUp(one, path));
      return methods.length === 0 ? undefined : { methods };
    },
    undeclared(operation, answer) {
      const response = responses.get(operation)?.[answer.status];
      if (response === undefined) return [`status ${answer.status} is not declared`];
      return [...headerProblems(response, answer), ...contentProblems(ajv, operation, response, answer)];
    },
  };
}

function resolve(raw: RawDocument, schema: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  const target = name === undefined ? undefined : raw.components.schemas[name];
  return target === undefined ? schema : resolve(raw, target);
}

function headerProblems(response: RawResponse, { headers }: DeclaredPart): readonly string[] {
  return Object.keys(response.headers ?? {})
    .filter((name) => !optionalHeaders.has(name.toLowerCase()) && headers[name.toLowerCase()] === undefined)
    .map((name) => `the declared header ${name} is missing`);
}

type Compile = (operation: Operation, status: number, type: string) => ValidateFunction;

function contentProblems(
  compile: Compile,
  operation: Operation,
  response: RawResponse,
  { status, headers, text }: DeclaredPart,
): readonly string[] {
  if (text === undefined) return [];
  const types = Object.keys(response.content ?? {});
  if (types.length === 0) return text === '' ? [] : ['a body is sent, and none is declared'];
  const sent = String(headers['content-type'] ?? '').split(';', 1)[0] ?? '';
  if (!types.includes(sent)) return [`the content type ${sent} is not among ${types.join(', ')}`];
  const validate = compile(operation, status, sent);
  return documentsOf(sent, text, response.content?.[sent]?.schema).flatMap((document) => {
    if (document instanceof Error) return [`the body is no ${sent}: ${document.message}`];
    if (validate(document)) return [];
    const { instancePath, message, params } = validate.errors?.[0] ?? {};
    return [`the body does not fit: ${instancePath ?? ''} ${message ?? ''} ${JSON.stringify(params)}`];
  });
}

/** The JSON values in a body, by its type; what the document declares as a text only is not looked at. */
function documentsOf(type: string, text: string, schema: Schema | undefined): readonly unknown[] {
  const parse = (json: string): unknown => {
    try {
      return JSON.parse(json);
    } catch (error) {
      return error;
    }
  };
  if (type === 'application/json') return [parse(text)];
  if ([schema, ...(schema?.anyOf ?? [])].some((one) => one?.type === 'string')) return [];
  if (type === 'application/jsonl') return text.split('\n').filter(Boolean).map(parse);
  if (type !== 'text/event-stream') return [];
  return text
    .split('\n\n')
    .map((frame) => /^data: ?(.*)$/m.exec(frame)?.[1])
    .filter((data) => data !== undefined)
    .map(parse);
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function createAjv(raw: RawDocument): Compile {
  const ajv = new Ajv2020({ strict: false, validateSchema: false, logger: false });
  ajv.addFormat('uuid', uuid);
  ajv.addFormat('date-time', time);
  ajv.addFormat('uri', (text) => URL.canParse(text));
  for (const name of ['visible', 'path-segment', 'email', 'date']) ajv.addFormat(name, true);
  ajv.addSchema(whole(raw) as object, 'document');
  const compiled = new Map<string, ValidateFunction>();
  return ({ method, path }, status, type) => {
    const pointer = ['paths', path, method.toLowerCase(), 'responses', status, 'content', type, 'schema']
      .map((step) => encodeURIComponent(String(step).replaceAll('~', '~0').replaceAll('/', '~1')))
      .join('/');
    const known = compiled.get(pointer);
    if (known !== undefined) return known;
    const validate = ajv.compile({ $ref: `document#/${pointer}` });
    compiled.set(pointer, validate);
    return validate;
  };
}

/** The document, in which an object has no fields but those that are declared. */
function whole(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(whole);
  if (typeof node !== 'object' || node === null) return node;
  const copy = Object.fromEntries(Object.entries(node).map(([name, child]) => [name, whole(child)]));
  const { properties, additionalProperties, patternProperties, type } = node as Schema;
  const isObjectSchema = type === 'object' && typeof properties === 'object';
  if (!isObjectSchema || additionalProperties !== undefined || patternProperties !== undefined) return copy;
  return { ...copy, additionalProperties: false };
}
