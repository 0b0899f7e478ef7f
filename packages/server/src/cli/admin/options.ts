/** The options that commands of the administration share, and how they become requests. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command, type CommandUnknownOpts, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { AdminApi, Resource } from '../api/api.ts';
import { withApi } from '../api/connect.ts';
import { CommandFailure } from '../failure.ts';

const mostEntries = 1000;

/** A command of the administration. */
export function adminCommand(name: string) {
  return new Command(name)
    .addOption(new Option('--url <address>', "the server's address (COLLOQUY_URL)").argParser(parseUrl))
    .option('--json', "print the API's JSON");
}

/** One that concerns an organization. */
export function organizationCommand(name: string) {
  return adminCommand(name).option('--organization <organization>', 'its name or id', 'default');
}

/** A command that has only others below it. */
export function commandGroup(
  name: string,
  description: string,
  commands: readonly CommandUnknownOpts[],
): CommandUnknownOpts {
  const group = new Command(name).description(description);
  for (const command of commands) group.addCommand(command);
  return group;
}

/** The options of a command that prints a page of a list. */
export const limitOption = new Option('--limit <number>', 'how many entries at most')
  .argParser((given) => parseInteger(given, 1, mostEntries))
  .default(100);
export const cursorOption = new Option('--cursor <cursor>', 'where the page begins, as the page before says');
export const environmentOption = new Option('--environment <environment>', 'of which keys').choices([
  'prod',
  'test',
] as const);
export const fileOption = new Option(
  '--file <file>',
  'JSON with fields of the request, besides those of the options; - for standard input',
);
export const yesOption = new Option('--yes', 'do not ask');

export interface Place {
  readonly url?: string | undefined;
  readonly organization: string;
}

/** Runs `work` with the API and the path of the organization. */
export async function inOrganization(
  { url, organization }: Place,
  work: (api: AdminApi, path: string) => Promise<void>,
): Promise<void> {
  await withApi(url, async (api) =>
    work(api, `/organizations/${await findOrganizationId(api, organization)}`),
  );
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @throws CommandFailure where no organization, or more than one, has the name */
export async function findOrganizationId(api: AdminApi, given: string): Promise<string> {
  if (uuid.test(given)) return given;
  return String((await findByName(api, '/organizations', 'organization', ['name'], given)).id);
}

/** The entry of a list that has the given text in one of the fields. @throws CommandFailure */
export async function findByName(
  api: AdminApi,
  path: string,
  what: string,
  fields: readonly string[],
  given: string,
): Promise<Resource> {
  const found: Resource[] = [];
  for await (const entry of api.all(path)) {
    if (fields.some((field) => String(entry[field]) === given)) found.push(entry);
  }
  const [first, ...others] = found;
  if (first === undefined) throw new CommandFailure(`there is no ${what} ${JSON.stringify(given)}`);
  if (others.length === 0) return first;
  const ids = found.map(({ id }) => id).join(', ');
  throw new CommandFailure(`several ${what}s are called ${JSON.stringify(given)}; give an id: ${ids}`);
}

/** The id of a model by its id or name. @throws CommandFailure */
export async function findModelId(api: AdminApi, path: string, given: string): Promise<string> {
  if (uuid.test(given)) return given;
  return String((await findByName(api, `${path}/models`, 'model', ['name', 'model'], given)).id);
}

/** The id of a persona by its id or alias. @throws CommandFailure */
export async function findPersonaId(api: AdminApi, path: string, given: string): Promise<number> {
  if (/^\d{1,10}$/.test(given)) return Number(given);
  return Number((await findByName(api, `${path}/personas`, 'persona', ['alias'], given)).id);
}

/** The body of a request: the fields of the file, then those that are not undefined. @throws CommandFailure */
export async function toBody(file: string | undefined, fields: Resource): Promise<Resource> {
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  if (file === undefined) return given;
  return { ...parseObject(await readInput(file), file), ...given };
}

/** The text of a file, or of standard input for `-`. @throws CommandFailure */
export async function readInput(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandFailure(`${file} can't be read: ${(error as Error).message}`);
  }
}

function parseObject(json: string, file: string): Resource {
  const name = file === '-' ? 'standard input' : file;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new CommandFailure(`${name} is not JSON: ${(error as Error).message}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Resource;
  throw new CommandFailure(`${name} must hold a JSON object`);
}

export function parseInteger(given: string, min: number, max: number): number {
  const number = Number(given);
  if (/^\d+$/.test(given) && number >= min && number <= max) return number;
  throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`);
}

/** `name=number` pairs, gathered. */
export function parseLimit(given: string, before: Resource = {}): Resource {
  const [, name, value] = /^([a-z_]+)=(\d+(?:\.\d+)?|none)$/.exec(given) ?? [];
  if (name === undefined) {
    throw new InvalidArgumentError(
      'It takes pairs such as requests_per_minute=60, or requests_per_minute=none.',
    );
  }
  return { ...before, [name]: value === 'none' ? null : Number(value) };
}

/** `none` stands for null. */
export function orNull(given: string | undefined): string | null | undefined {
  return given === 'none' ? null : given;
}

export function parseUrl(given: string): string {
  if (/^https?:$/.test(URL.parse(given)?.protocol ?? '')) return given.replace(/\/+$/, '');
  throw new InvalidArgumentError('It takes an http:// or https:// address.');
}
