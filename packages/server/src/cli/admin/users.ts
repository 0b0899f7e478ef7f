/** `colloquy users`: end users, whom keys have asked tokens for. */
import { pipeline } from 'node:stream/promises';
import { confirm } from '../terminal/confirm.ts';
import { printEntry, printList } from '../terminal/print.ts';
import {
  commandGroup,
  cursorOption,
  environmentOption,
  inOrganization,
  limitOption,
  organizationCommand,
  yesOption,
} from './options.ts';

const who = ['<user_id>', 'as the application named the user'] as const;
const columns = [
  'user_id',
  'environment',
  'conversations',
  'requests',
  'total_tokens',
  'cost',
  'created_at',
  'last_active_at',
];

const list = organizationCommand('list')
  .description('list end users, newest first')
  .option('--search <text>', 'only those with this in their user_id')
  .addOption(environmentOption)
  .addOption(limitOption)
  .addOption(cursorOption)
  .action((options) =>
    inOrganization(options, async (api, path) => {
      const { search: q, environment, limit, cursor } = options;
      const page = await api.list(`${path}/users`, { q, environment, limit, cursor });
      printList(page, { what: 'users', columns }, options);
    }),
  );

const get = organizationCommand('get')
  .description('show an end user, with what was used in all')
  .argument(...who)
  .addOption(environmentOption)
  .action((user, options) =>
    inOrganization(options, async (api, path) => {
      const query = { environment: options.environment };
      printEntry(await api.call('GET', `${path}/users/${encodeURIComponent(user)}`, { query }), options);
    }),
  );

const exportUser = organizationCommand('export')
  .description('write all that is stored of an end user as JSON Lines')
  .argument(...who)
  .addOption(environmentOption)
  .action((user, options) =>
    inOrganization(options, async (api, path) => {
      const query = { user_id: user, environment: options.environment };
      const lines = await api.open('GET', `${path}/users/export`, { query });
      await pipeline(lines, process.stdout, { end: false });
    }),
  );

const erase = organizationCommand('erase')
  .alias('delete')
  .description('erase all that is stored of an end user')
  .argument(...who)
  .addOption(environmentOption)
  .addOption(yesOption)
  .action((user, options) =>
    inOrganization(options, async (api, path) => {
      const { environment, yes } = options;
      const which = environment === undefined ? '' : ` of ${environment} keys`;
      await confirm(`erase all that is stored of the user ${user}${which}`, yes);
      printEntry(
        await api.call('DELETE', `${path}/users`, { query: { user_id: user, environment } }),
        options,
      );
    }),
  );

export const users = commandGroup('users', 'end users of an organization', [list, get, exportUser, erase]);
