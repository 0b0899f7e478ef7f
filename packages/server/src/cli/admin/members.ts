/** `colloquy members`: the people who work in an organization. */
import { Option } from '@commander-js/extra-typings';
import type { AdminApi } from '../api/api.ts';
import { confirm } from '../terminal/confirm.ts';
import { printDone, printEntry, printList } from '../terminal/print.ts';
import {
  commandGroup,
  cursorOption,
  findByName,
  inOrganization,
  limitOption,
  organizationCommand,
  parseInteger,
  yesOption,
} from './options.ts';

const who = ['<member>', 'the e-mail address or id'] as const;
const roles = ['owner', 'admin', 'member', 'guest'] as const;
const longestTtlSeconds = 31_536_000;

async function pathOf(api: AdminApi, path: string, member: string): Promise<string> {
  if (!member.includes('@')) return `${path}/members/${encodeURIComponent(member)}`;
  const { id } = await findByName(api, `${path}/members`, 'member', ['email'], member.toLowerCase());
  return `${path}/members/${id}`;
}

const list = organizationCommand('list')
  .description('list the members')
  .addOption(limitOption)
  .addOption(cursorOption)
  .action((options) =>
    inOrganization(options, async (api, path) => {
      const { limit, cursor } = options;
      const columns = ['id', 'name', 'email', 'role', 'last_seen_at', 'created_at'];
      printList(await api.list(`${path}/members`, { limit, cursor }), { what: 'members', columns }, options);
    }),
  );

const get = organizationCommand('get')
  .description('show a member')
  .argument(...who)
  .action((member, options) =>
    inOrganization(options, async (api, path) =>
      printEntry(await api.call('GET', await pathOf(api, path, member)), options),
    ),
  );

const create = organizationCommand('create')
  .description('add a member')
  .argument('<email>')
  .option('--name <name>', 'the name; otherwise the e-mail address')
  .addOption(new Option('--role <role>', 'what they may do').choices(roles).default('member' as const))
  .action((email, options) =>
    inOrganization(options, async (api, path) => {
      const { name = email, role } = options;
      printEntry(await api.call('POST', `${path}/members`, { body: { name, email, role } }), options);
    }),
  );

const update = organizationCommand('update')
  .description('change a member')
  .argument(...who)
  .option('--name <name>', 'the name')
  .option('--email <email>', 'the e-mail address')
  .addOption(new Option('--role <role>', 'what they may do').choices(roles))
  .action((member, options) =>
    inOrganization(options, async (api, path) => {
      const { name, email, role } = options;
      const body = {
        ...(name !== undefined && { name }),
        ...(email !== undefined && { email }),
        ...(role !== undefined && { role }),
      };
      printEntry(await api.call('PATCH', await pathOf(api, path, member), { body }), options);
    }),
  );

const token = organizationCommand('token')
  .description('make a token of a member, for the conversation API')
  .argument(...who)
  .option('--ttl <seconds>', 'how long it is valid', (given) => parseInteger(given, 1, longestTtlSeconds))
  .action((member, options) =>
    inOrganization(options, async (api, path) => {
      const body = options.ttl === undefined ? {} : { ttl_seconds: options.ttl };
      printEntry(await api.call('POST', `${await pathOf(api, path, member)}/token`, { body }), options);
    }),
  );

const signOut = organizationCommand('sign-out')
  .description('sign a member out of the console everywhere')
  .argument(...who)
  .action((member, options) =>
    inOrganization(options, async (api, path) => {
      await api.call('DELETE', `${await pathOf(api, path, member)}/sessions`);
      printDone(`The member ${member} is signed out.`);
    }),
  );

const remove = organizationCommand('delete')
  .description('remove a member; their tokens die at once')
  .argument(...who)
  .addOption(yesOption)
  .action((member, options) =>
    inOrganization(options, async (api, path) => {
      const found = await pathOf(api, path, member);
      const { name, email } = await api.call('GET', found);
      await confirm(`remove the member ${name} (${email})`, options.yes);
      await api.call('DELETE', found);
      printDone(`The member ${name} (${email}) is removed.`);
    }),
  );

export const members = commandGroup('members', 'people who work in an organization', [
  list,
  get,
  create,
  update,
  token,
  signOut,
  remove,
]);
