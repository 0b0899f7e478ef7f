/**
 * Validates requests against the routes' schemas, with Ajv. Bodies are never coerced; query strings and path parameters
 * are texts, so they are. An invalid value is answered with one sentence, the field first, that says what is allowed.
 * The sentences are part of the API, so they are made here from Ajv's errors and not by a library for them.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { distance } from 'fastest-levenshtein';
import type { FastifyServerOptions } from 'fastify';
import { AppError, invalid } from '../../domain/errors.ts';
import { isUuid } from '../../domain/ids.ts';
import { isBlank } from '../../domain/text/blank.ts';
import { fromTime } from '../../domain/text/time.ts';
import { checkString, shortName } from './json-body.ts';

const dateTime =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt ](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Whether the date at the start of a text exists; `Date` alone would turn 30 February into 1 March. */
function isDay(text: string): boolean {
  const day = text.slice(0, 10);
  const epochMs = Date.parse(day);
  return !Number.isNaN(epochMs) && new Date(epochMs).toISOString().startsWith(day);
}

function isTime(text: string): boolean {
  return dateTime.test(text) && isDay(text) && !Number.isNaN(fromTime(text));
}

/** The formats that schemas may name, with the words for each in a message. */
const formats: Readonly<Record<string, { says: string; validate: (text: string) => boolean }>> = {
  uuid: { says: 'a UUID', validate: isUuid },
  'date-time': {
    says: 'a time in RFC 3339 format, like 2026-11-22T20:30:00.000Z, in the years 0 to 9999 in UTC',
    validate: isTime,
  },
  'date-time-or-utc': {
    says: 'a time in RFC 3339 format, like 2026-11-22T20:30:00.000Z, or without a zone in UTC, in the years 0 to 9999',
    validate: (text) => isTime(text) || isTime(`${text}Z`),
  },
  date: {
    says: 'a date like 2026-11-22',
    validate: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && isDay(text),
  },
  uri: { says: 'an absolute URL', validate: (text) => URL.canParse(text) },
  visible: { says: 'a text with something to see in it', validate: (text) => !isBlank(text) },
  'path-segment': {
    says: 'a text that can stand in a path, so neither . nor ..',
    validate: (text) => text !== '.' && text !== '..',
  },
  email: { says: 'an e-mail address', validate: (text) => /^[^\s@]+@[^\s@]+$/.test(text) },
};

function createAjv(coerceTypes: boolean, schemas: readonly object[]): Ajv2020 {
  const ajv = new Ajv2020({
    coerceTypes,
    useDefaults: true,
    removeAdditional: false,
    allErrors: false,
    verbose: true,
    strict: false,
    validateSchema: false,
    // Ajv warns about documentation inside schemas, which is fine; a format that it does not know is a mistake here.
    logger: {
      log: () => undefined,
      warn: (...said: unknown[]) => {
        if (String(said[0]).includes('unknown format')) throw new Error(String(said[0]));
      },
      error: (...said: unknown[]) => {
        throw new Error(said.map(String).join(' '));
      },
    },
  });
  for (const [name, { validate }] of Object.entries(formats)) ajv.addFormat(name, validate);
  for (const schema of schemas) ajv.addSchema(schema);
  return ajv;
}

type SchemaController = NonNullable<FastifyServerOptions['schemaController']>;
type ValidatorBuilder = NonNullable<NonNullable<SchemaController['compilersFactory']>['buildValidator']>;

/** The value for Fastify's `schemaController.compilersFactory`, whose type allows Ajv's own functions only. */
export const buildValidator = buildValidatorCompiler as unknown as ValidatorBuilder;

/** Makes the value when it is first asked for; what fails is tried again the next time. */
function lazily<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

interface RoutePart {
  readonly schema: object;
  readonly httpPart?: string;
}

function buildValidatorCompiler(externalSchemas: Readonly<Record<string, object>> | undefined) {
  const schemas = Object.values(externalSchemas ?? {});
  const exact = lazily(() => createAjv(false, schemas));
  const coercing = lazily(() => createAjv(true, schemas));
  return ({ schema, httpPart }: RoutePart) => {
    const isBody = httpPart === 'body';
    // Compiling takes a millisecond or more and some 50 KB, and most servers never use most of the routes.
    const validator = lazily(() => (isBody ? exact : coercing)().compile(schema));
    return (data: unknown) => {
      const validate = validator();
      if (validate(data)) return isBody ? true : checkTexts(data);
      return { error: describe(validate, data, isBody ? 'body' : (httpPart ?? 'query')) };
    };
  };
}

/** Checks the texts of a query or path, since percent-encoding can hide characters that bodies may not contain. */
function checkTexts(data: unknown): true | { error: AppError } {
  try {
    for (const [name, value] of Object.entries(data ?? {})) {
      if (typeof value === 'string') checkString(value, name);
    }
    return true;
  } catch (error) {
    return { error: error as AppError };
  }
}

function isUnion(error: ErrorObject): boolean {
  return error.keyword === 'anyOf' || error.keyword === 'oneOf';
}

/** Whether the value has the type that a branch asks for, so that the client meant this branch. A fraction is meant as an integer. */
function isMeant(error: ErrorObject, union: ErrorObject): boolean {
  if (error.instancePath.length > union.instancePath.length) return true;
  if (error.keyword === 'type') return error.params.type === 'integer' && typeof error.data === 'number';
  return !isUnion(error);
}

/**
 * Chooses the most telling error. Of a union it is that of the only branch but null, or of the only branch that has the
 * value's type; of several such branches that of the first that failed inside the value, otherwise the union's own.
 */
function choose(errors: readonly ErrorObject[]): ErrorObject | undefined {
  const union = errors.at(-1);
  if (union === undefined || !isUnion(union)) return errors[0];
  const branches = (union.schema as readonly Alternative[]).map((branch, index) => ({
    branch,
    error: choose(errors.filter(({ schemaPath }) => schemaPath.startsWith(`${union.schemaPath}/${index}/`))),
  }));
  const told = branches.filter(({ branch }) => !isNull(branch)).map(({ error }) => error);
  const meant = told.filter((error) => error !== undefined && isMeant(error, union));
  const [only] = told.length === 1 ? told : meant.length === 1 ? meant : [];
  if (only !== undefined) return only;
  return errors.find((error) => error.instancePath.length > union.instancePath.length) ?? union;
}

function describe(validate: ValidateFunction, data: unknown, part: string): AppError {
  const error = choose(validate.errors ?? []);
  if (error === undefined) return new AppError('invalid_request', `the ${part} is invalid`);
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => shortName(step.replaceAll('~1', '/').replaceAll('~0', '~')))
    .join('.');
  if (path === '' && error.keyword === 'type') {
    const missing = data === undefined || data === null;
    return new AppError(
      'invalid_request',
      missing ? 'a JSON body is required' : `the ${part} must be a JSON object`,
    );
  }
  const field = (name: string): string => (path === '' ? shortName(name) : `${path}.${shortName(name)}`);
  const inside = path === '' ? '' : ` in ${path}`;
  if (error.keyword === 'required') {
    const missing: string = error.params.missingProperty;
    const stray = unknownFields(error).find((name) => nearest(name, [missing]) !== undefined);
    const instead = stray === undefined ? '' : `; ${field(stray)} is unknown`;
    return invalid(field(missing), `${field(missing)} is required${instead}`, 'missing');
  }
  if (error.keyword === 'additionalProperties' || error.keyword === 'unevaluatedProperties') {
    const name: string = error.params.additionalProperty ?? error.params.unevaluatedProperty;
    // An object whose names are the client's own.
    const [pattern] = Object.keys((error.parentSchema?.patternProperties ?? {}) as object);
    if (pattern !== undefined) {
      return invalid(field(name), `${field(name)} is no allowed name${inside}: a name must match ${pattern}`);
    }
    return invalid(
      field(name),
      `unknown field ${field(name)}${inside}: ${suggest(name, knownFields(error))}`,
      'unknown',
    );
  }
  const problem = error.keyword === 'type' ? 'type' : 'value';
  return invalid(path, `${path === '' ? `the ${part}` : path} must ${demand(error)}`, problem);
}

/** Unknown fields of one object that are compared with the known ones. */
const mostStrays = 100;

function knownFields(error: ErrorObject): string[] {
  return Object.keys((error.parentSchema?.properties ?? {}) as object);
}

function unknownFields(error: ErrorObject): string[] {
  if (error.parentSchema?.additionalProperties !== false) return [];
  const known = new Set(knownFields(error));
  return Object.keys(error.data as object)
    .filter((name) => !known.has(name))
    .slice(0, mostStrays);
}

/** The nearest known name, if at most a third of its letters differ (or two, for short names). */
function nearest(name: string, known: readonly string[]): string | undefined {
  const close = known
    .map((one) => ({ one, changes: distance(name.toLowerCase().slice(0, 100), one.toLowerCase()) }))
    .filter(({ one, changes }) => changes <= Math.max(2, Math.ceil(one.length / 3)))
    .sort((a, b) => a.changes - b.changes);
  return close[0]?.one;
}

function suggest(name: string, known: readonly string[]): string {
  const close = nearest(name, known);
  if (close !== undefined) return `did you mean ${close}?`;
  return known.length === 0 ? 'no fields are allowed here' : `allowed are ${known.join(', ')}`;
}

const articles: Readonly<Record<string, string>> = {
  string: 'a string',
  integer: 'an integer',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'an array',
  null: 'null',
};

function quote(value: unknown): string {
  return JSON.stringify(value);
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** What the value must be or have: the end of a sentence that began with "must". */
function demand(error: ErrorObject): string {
  const { keyword, params, parentSchema = {} } = error;
  switch (keyword) {
    case 'type':
      if (parentSchema.enum !== undefined) return oneOfWords(parentSchema.enum as readonly unknown[]);
      return `be ${types(params.type)}`;
    case 'enum':
      return oneOfWords(params.allowedValues);
    case 'const':
      return `be ${quote(params.allowedValue)}`;
    case 'minLength':
    case 'maxLength':
      return `have ${between(parentSchema, 'minLength', 'maxLength', 'character')}`;
    case 'minItems':
    case 'maxItems':
      return `have ${between(parentSchema, 'minItems', 'maxItems', 'item')}`;
    case 'minimum':
    case 'maximum':
      return `be ${range(parentSchema)}`;
    case 'minProperties':
      return `have at least ${plural(params.limit, 'field')}: ${knownFields(error).join(', ')}`;
    case 'uniqueItems':
      return 'have no item twice';
    case 'format':
      return `be ${formats[params.format]?.says ?? params.format}`;
    case 'pattern':
      return `match ${params.pattern}`;
    case 'anyOf':
    case 'oneOf':
      return `be ${alternatives(parentSchema[keyword] as readonly Alternative[])}`;
    default:
      return (error.message ?? 'be valid').replace(/^must /, '');
  }
}

function oneOfWords(words: readonly unknown[]): string {
  return `be one of ${words.map(quote).join(', ')}`;
}

function between(schema: Record<string, unknown>, min: string, max: string, noun: string): string {
  const [least, most] = [schema[min], schema[max]] as [number | undefined, number | undefined];
  if (least !== undefined && most !== undefined) return `${least} to ${plural(most, noun)}`;
  return most !== undefined ? `at most ${plural(most, noun)}` : `at least ${plural(least ?? 0, noun)}`;
}

function range(schema: Record<string, unknown>): string {
  const [least, most] = [schema.minimum, schema.maximum];
  if (least !== undefined && most !== undefined) return `from ${least} to ${most}`;
  return most !== undefined ? `at most ${most}` : `at least ${least}`;
}

/** The types in words. Null, where there are others, is how a client says that it gives no value: it is not told. */
function types(type: string | readonly string[]): string {
  const all = [type].flat();
  const values = all.filter((one) => one !== 'null');
  return (values.length === 0 ? all : values).map((one) => articles[one] ?? one).join(' or ');
}

interface Alternative {
  readonly const?: unknown;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
}

function isNull(option: Alternative): boolean {
  return option.type === 'null';
}

function alternatives(all: readonly Alternative[]): string {
  const options = all.filter((option) => !isNull(option));
  if (options.every((option) => 'const' in option)) {
    return `one of ${options.map((option) => quote(option.const)).join(', ')}`;
  }
  return options.map(alternative).join(' or ');
}

function alternative(option: Alternative): string {
  if ('const' in option) return quote(option.const);
  if (option.enum !== undefined) return option.enum.map(quote).join(' or ');
  return option.type === undefined ? 'what is documented' : types(option.type);
}
