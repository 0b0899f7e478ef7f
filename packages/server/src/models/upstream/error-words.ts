/**
 * Finds what a provider says about a failure, in any of the shapes that providers and gateways have for it: OpenAI,
 * Azure, Anthropic, Google (also as an array), Mistral, vLLM and other FastAPI servers, Hugging Face, OpenRouter,
 * Cloudflare, AWS, MiniMax, and JSON inside of JSON.
 */
import { parseForeignJson } from '../../domain/text/json.ts';
import type { ProviderWords } from '../model-error.ts';

/** What a failure's fields say; texts are cut, but hold the provider's words as they came. */
export interface ErrorFields extends ProviderWords {
  /** The HTTP status that the failure stands for, from 400 to 599. */
  readonly status?: number | undefined;
  /** How long the provider asks to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Whether the model is being loaded and will answer later. */
  readonly isLoading?: boolean | undefined;
  /** Tokens of the model's window, and of the prompt that was too long for it. */
  readonly windowTokens?: unknown;
  readonly promptTokens?: unknown;
}

type Json = Readonly<Record<string, unknown>>;

const deepest = 8;
const longestMessageCharacters = 2_000;
const longestNameCharacters = 100;
/** A longer text is not parsed as JSON inside of JSON. */
const longestNestedCharacters = 65_536;
const mostEntries = 3;

const errorNames = ['error', 'Error', 'errors', 'err', 'fault', 'exception', 'base_resp'] as const;
const messageNames = [
  'message',
  'Message',
  'msg',
  'error_message',
  'errorMessage',
  'error_msg',
  'error_description',
  'status_msg',
  'faultstring',
  'detail',
  'details',
  'description',
  'title',
  'reason',
  // Cloudflare's texts, where its list of errors is empty.
  'messages',
] as const;
/** Names that stand at the top of an object only where it is an error. */
const sayingNames = [
  'detail',
  'message',
  'msg',
  'errors',
  'error_code',
  'error_msg',
  'error_message',
] as const;
/** No field of a wire format is called so. */
const exceptionName = /^[a-z]{1,40}Exception$/i;
const statusNames = ['status', 'code', 'status_code', 'statusCode', 'http_status', 'error_code'] as const;

/** The HTTP status of the types and codes that providers give instead of one, in lower case and letters alone. */
const statusOfWord: ReadonlyMap<string, number> = new Map([
  ['invalidrequest', 400],
  ['invalidrequesterror', 400],
  ['invalidargument', 400],
  ['badrequest', 400],
  ['badrequesterror', 400],
  ['failedprecondition', 400],
  ['validationerror', 400],
  ['validation', 400],
  ['authentication', 401],
  ['authenticationerror', 401],
  ['unauthenticated', 401],
  ['unauthorized', 401],
  ['invalidapikey', 401],
  ['billingerror', 402],
  ['permissionerror', 403],
  ['permissiondenied', 403],
  ['forbidden', 403],
  ['accessdenied', 403],
  ['notfound', 404],
  ['notfounderror', 404],
  ['modelnotfound', 404],
  ['requesttoolarge', 413],
  ['timeout', 504],
  ['timeouterror', 504],
  ['deadlineexceeded', 504],
  ['modeltimeout', 504],
  ['gatewaytimeout', 504],
  ['ratelimit', 429],
  ['ratelimiterror', 429],
  ['ratelimitexceeded', 429],
  ['ratelimited', 429],
  ['toomanyrequests', 429],
  ['resourceexhausted', 429],
  ['throttling', 429],
  ['servicequotaexceeded', 429],
  ['apierror', 500],
  ['servererror', 500],
  ['internal', 500],
  ['internalerror', 500],
  ['internalservererror', 500],
  ['internalserver', 500],
  ['internalfailure', 500],
  ['modelstreamerror', 500],
  ['badgateway', 502],
  ['serviceunavailable', 503],
  ['modelnotready', 503],
  ['serviceunavailableerror', 503],
  ['unavailable', 503],
  ['unavailableerror', 503],
  ['overloaded', 529],
  ['overloadederror', 529],
  ['engineoverloaded', 503],
  ['engineoverloadederror', 503],
  ['serveroverloaded', 503],
  ['modeloverloaded', 503],
]);

/**
 * What an object of the wire formats reports as a failure in place of an answer: its `error`, the `error` of its first
 * choice, or the whole object where it holds no choices but says what went wrong. Undefined: it reports none.
 */
export function findFailure(body: Json): unknown {
  if (saysAnything(body.error)) return body;
  const { choices } = body;
  if (Array.isArray(choices) && choices.length > 0) {
    const first: unknown = choices[0];
    return isObject(first) && saysAnything(first.error) ? first.error : undefined;
  }
  // Bedrock's streams: `{"throttlingException": {"message": …}}`.
  const exception = Object.keys(body).find((name) => exceptionName.test(name) && isObject(body[name]));
  if (exception !== undefined) return { type: exception, error: body[exception] };
  if (body.object === 'error' || body.type === 'error') return body;
  if (isObject(body.base_resp) && body.base_resp.status_code !== 0) return body;
  if (isEventType(body.type) || body.code === 0 || body.code === 200) return undefined;
  return statusOf(body) !== undefined ||
    body.success === false ||
    sayingNames.some((name) => isFilled(body[name]))
    ? body
    : undefined;
}

/** Whether an object's type is one of a stream's events, rather than of an error. */
function isEventType(type: unknown): boolean {
  return typeof type === 'string' && statusOf({ type }) === undefined && !/error/i.test(type);
}

/** Reads a failure from parsed JSON, or from a text that may be JSON or a page. `message` is empty where it says nothing. */
export function readFailure(value: unknown, depth = 0): ErrorFields {
  if (typeof value === 'string') return readText(value, depth);
  if (Array.isArray(value)) return readList(value, depth);
  if (!isObject(value)) return { message: value === null || value === undefined ? '' : String(value) };
  return depth >= deepest ? { message: '' } : readObject(value, depth);
}

/** The title of a page, or its text up to a bound. */
export function readPage(markup: string): string {
  const head = markup.slice(0, 4 * longestMessageCharacters);
  const title =
    /<title[^>]{0,200}>([^<]{0,500})/i.exec(head)?.[1] ?? /<h1[^>]{0,200}>([^<]{0,500})/i.exec(head)?.[1];
  return (title ?? head.replace(/<[^<>]{0,500}>/g, ' ')).replace(/\s+/g, ' ').trim();
}

function readText(text: string, depth: number): ErrorFields {
  const trimmed = text.slice(0, longestNestedCharacters + 1).trim();
  const first = trimmed.charAt(0);
  if ((first === '{' || first === '[') && trimmed.length <= longestNestedCharacters && depth < deepest) {
    const parsed = parseJson(trimmed);
    if (parsed !== undefined) {
      const fields = readFailure(parsed, depth + 1);
      // An object in a shape of its own is given as it came.
      if (fields.message !== '' || fields.type || fields.code || !saysAnything(parsed)) return fields;
    }
  }
  if (first === '<') return { message: readPage(trimmed) };
  return { message: trimmed.slice(0, longestMessageCharacters) };
}

function readList(list: readonly unknown[], depth: number): ErrorFields {
  const read = list.slice(0, mostEntries).map((entry) => readFailure(entry, depth + 1));
  const [first = { message: '' }] = read.filter(({ message, code, type }) => message !== '' || code || type);
  return {
    ...first,
    message: joinSayings(
      read.map(({ message }) => message),
      '; ',
    ),
  };
}

function readObject(value: Json, depth: number): ErrorFields {
  const name = errorNames.find((one) => isFilled(value[one]) && value[one] !== true);
  const inner = name === undefined ? undefined : readFailure(value[name], depth + 1);
  const own = readMessage(value, depth);
  const raw = isObject(value.metadata) ? readFailure(value.metadata.raw, depth + 1) : undefined;
  const status = inner?.status ?? statusOf(value) ?? raw?.status;
  const message = joinSayings([inner?.message ?? '', own, raw?.message ?? ''], ': ');
  return {
    message,
    type: inner?.type ?? nameOf(value.type) ?? nameOf(value.__type),
    code: inner?.code ?? nameOf(value.code) ?? nameOf(value.error_code) ?? nameOf(value.status) ?? raw?.code,
    param: inner?.param ?? nameOf(value.param),
    status,
    retryAfterMs: inner?.retryAfterMs ?? waitOf(value) ?? raw?.retryAfterMs,
    isLoading: inner?.isLoading === true || isLoading(value, message) || undefined,
    // llama.cpp's names.
    windowTokens: inner?.windowTokens ?? value.n_ctx ?? raw?.windowTokens,
    promptTokens: inner?.promptTokens ?? value.n_prompt_tokens ?? raw?.promptTokens,
  };
}

/** A message may itself be an object, a list, or JSON as text. */
function readMessage(value: Json, depth: number): string {
  const name = messageNames.find((one) => isFilled(value[one]) && typeof value[one] !== 'boolean');
  if (name === undefined) return '';
  const { message } = readFailure(value[name], depth + 1);
  // FastAPI tells where in the request the fault is.
  const place = Array.isArray(value.loc) ? value.loc.slice(0, 8).filter(isPlain).join('.') : '';
  return place === '' ? message : `${message} (${place.slice(0, longestNameCharacters)})`;
}

/** Joins what several fields say, each once. */
function joinSayings(sayings: readonly string[], between: string): string {
  const said: string[] = [];
  for (const saying of sayings) {
    if (saying !== '' && !said.some((earlier) => earlier.includes(saying))) said.push(saying);
  }
  return said.join(between).slice(0, longestMessageCharacters);
}

function statusOf(value: Json): number | undefined {
  for (const name of [...statusNames, 'type', '__type'] as const) {
    const given = value[name];
    const number = typeof given === 'string' && /^[45]\d\d$/.test(given) ? Number(given) : given;
    if (typeof number === 'number' && Number.isInteger(number) && number >= 400 && number < 600)
      return number;
    if (typeof given !== 'string' || given.length > longestNameCharacters) continue;
    const status = statusOfName(given);
    if (status !== undefined) return status;
  }
  return undefined;
}

/** AWS writes `com.amazon.coral.service#ThrottlingException`. */
function statusOfName(name: string): number | undefined {
  const word = name
    .slice(name.lastIndexOf('#') + 1)
    .toLowerCase()
    .replace(/[^a-z]/g, '');
  return statusOfWord.get(word) ?? statusOfWord.get(word.replace(/exception$/, ''));
}

/** Google's `RetryInfo` (`"retryDelay": "3.5s"`), and the seconds of Hugging Face. */
function waitOf(value: Json): number | undefined {
  const seconds = value.estimated_time ?? value.retry_after ?? value.retry_after_seconds;
  if (typeof seconds === 'number' && seconds >= 0 && seconds < 1e6) return Math.ceil(seconds * 1000);
  const places: readonly unknown[] = [
    value,
    ...(Array.isArray(value.details) ? value.details.slice(0, 16) : []),
  ];
  for (const place of places) {
    if (!isObject(place) || typeof place.retryDelay !== 'string') continue;
    const delay = /^(\d{1,6}(?:\.\d{1,9})?)s$/.exec(place.retryDelay)?.[1];
    if (delay !== undefined) return Math.ceil(Number(delay) * 1000);
  }
  return undefined;
}

/** llama.cpp says `Loading model`, Hugging Face `Model x is currently loading` with its `estimated_time`. */
function isLoading(value: Json, message: string): boolean {
  return typeof value.estimated_time === 'number' || /\bloading\b/i.test(message.slice(0, 300));
}

function nameOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value.slice(0, longestNameCharacters) : undefined;
}

function isFilled(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return value !== undefined && value !== null && value !== '' && value !== false && value !== 0;
}

/** Gateways fill the field of an error in every chunk: `{"message": "", "code": null}`, `{"code": 0}`. */
function saysAnything(value: unknown): boolean {
  return isObject(value) ? Object.values(value).some(isFilled) : isFilled(value);
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}

function parseJson(text: string): unknown {
  try {
    return parseForeignJson(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
