/** `colloquy keys`: the API keys of an organization. */
import { Option } from '@commander-js/extra-typings';
import type { AdminApi, Resource } from '../api/api.ts';
import { confirm } from '../terminal/confirm.ts';
import { printDone, printEntry, printList } from '../terminal/print.ts';
import {
  commandGroup,
  cursorOption,
  fileOption,
  findPersonaId,
  inOrganization,
  limitOption,
  organizationCommand,
  orNull,
  parseInteger,
  parseLimit,
  toBody,
  yesOption,
} from './options.ts';

const columns = ['id', 'name', 'type', 'prefix', 'created_at', 'last_used_at', 'expires_at', 'revoked_at'];
const mostOverlapSeconds = 604_800;

const settingOptions = {
  defaultPersona: new Option(
    '--default-persona <persona>',
    'alias or id of the persona of requests that name none; none',
  ),
  personas: new Option('--persona <personas...>', 'aliases or ids of the personas that it is held to'),
  expires: new Option('--expires <time>', 'when it stops working, such as 2027-01-01T00:00:00Z; none'),
  origins: new Option('--origin <origins...>', 'origins that browsers may call from'),
  bounds: new Option(
    '--bound <limits...>',
    'limits of the key, such as requests_per_minute=60; =none takes one away',
  ).argParser(parseLimit),
  userBounds: new Option('--user-bound <limits...>', 'the same for each end user of the key').argParser(
    parseLimit,
  ),
};

interface Settings {
  readonly defaultPersona?: string | undefined;
  readonly persona?: readonly string[] | undefined;
  readonly expires?: string | undefined;
  readonly origin?: readonly string[] | undefined;
  readonly bound?: Resource | undefined;
  readonly userBound?: Resource | undefined;
}

async function settingFields(api: AdminApi, path: string, given: Settings): Promise<Resource> {
  const { defaultPersona, persona } = given;
  const idOf = (one: string) => findPersonaId(api, path, one);
  return {
    default_persona_id:
      defaultPersona === undefined || defaultPersona === 'none'
        ? orNull(defaultPersona)
        : await idOf(defaultPersona),
    personas: persona && (await Promise.all(persona.map(idOf))),
    expires_at: orNull(given.expires),
    allowed_origins: given.origin,
    limits: given.bound,
    end_user_limits: given.userBound,
  };
}

/** A new secret is told apart, since it is never shown again. */
function printKey(key: Resource, { json }: { readonly json?: true | undefined }): void {
  printEntry(key, { json }, ['key']);
  if (!json && 'key' in key) printDone('Keep the key: it is not shown again.');
}

const list = organizationCommand('list')
  .description('list the keys')
  .option('--all', 'revoked ones too')
  .addOption(limitOption)
  .addOption(cursorOption)
  .action((options) =>
    inOrganization(options, async (api, path) => {
      const { limit, cursor, all } = options;
      const revoked = all ? undefined : false;
      const shown = all ? columns : columns.filter((name) => name !== 'revoked_at');
      const page = await api.list(`${path}/keys`, { limit, cursor, revoked });
      printList(page, { what: 'keys', columns: shown }, options);
    }),
  );

const get = organizationCommand('get')
  .description('show a key, without its secret')
  .argument('<id>')
  .action((id, options) =>
    inOrganization(options, async (api, path) =>
      printEntry(await api.call('GET', `${path}/keys/${encodeURIComponent(id)}`), options),
    ),
  );

const create = organizationCommand('create')
  .description('make a key; it is shown this once')
  .option('--name <name>', 'what it is for')
  .addOption(
    new Option('--type <type>', 'what it may do')
      .choices(['prod', 'test', 'admin'] as const)
      .default('prod' as const),
  )
  .addOption(settingOptions.defaultPersona)
  .addOption(settingOptions.personas)
  .addOption(settingOptions.expires)
  .addOption(settingOptions.origins)
  .addOption(settingOptions.bounds)
  .addOption(settingOptions.userBounds)
  .addOption(fileOption)
  .action((options) =>
    inOrganization(options, async (api, path) => {
      const { name, type, file } = options;
      const fields = { name, type, ...(await settingFields(api, path, options)) };
      printKey(await api.call('POST', `${path}/keys`, { body: await toBody(file, fields) }), options);
    }),
  );

const update = organizationCommand('update')
  .description('change a key')
  .argument('<id>')
  .option('--name <name>', 'what it is for')
  .addOption(settingOptions.defaultPersona)
  .addOption(settingOptions.personas)
  .addOption(settingOptions.expires)
  .addOption(settingOptions.origins)
  .addOption(settingOptions.bounds)
  .addOption(settingOptions.userBounds)
  .addOption(fileOption)
  .action((id, options) =>
    inOrganization(options, async (api, path) => {
      const fields = { name: options.name, ...(await settingFields(api, path, options)) };
      const body = await toBody(options.file, fields);
      printEntry(await api.call('PATCH', `${path}/keys/${encodeURIComponent(id)}`, { body }), options);
    }),
  );

const rotate = organizationCommand('rotate')
  .description('give a key another secret; its id, limits, usage and tokens stay')
  .argument('<id>')
  .option(
    '--overlap <seconds>',
    'how long the old secret stays valid',
    (given) => parseInteger(given, 0, mostOverlapSeconds),
    0,
  )
  .action((id, options) =>
    inOrganization(options, async (api, path) => {
      const body = { overlap_seconds: options.overlap };
      printKey(await api.call('POST', `${path}/keys/${encodeURIComponent(id)}/rotate`, { body }), options);
    }),
  );

const revoke = organizationCommand('revoke')
  .alias('delete')
  .description('revoke a key and its tokens, at once and everywhere')
  .argument('<id>')
  .addOption(yesOption)
  .action((id, options) =>
    inOrganization(options, async (api, path) => {
      const key = await api.call('GET', `${path}/keys/${encodeURIComponent(id)}`);
      await confirm(`revoke the key ${key.prefix}… (${key.name})`, options.yes);
      await api.call('DELETE', `${path}/keys/${encodeURIComponent(id)}`);
      printDone(`The key ${key.prefix}… (${key.name}) is revoked.`);
    }),
  );

export const keys = commandGroup('keys', 'API keys of an organization', [
  list,
  get,
  create,
  update,
  rotate,
  revoke,
]);
