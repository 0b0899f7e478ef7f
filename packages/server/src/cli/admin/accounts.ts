/** `colloquy accounts`: the people who sign in to the console. */
import { Argument } from '@commander-js/extra-typings';
import type { AdminApi, Resource } from '../api/api.ts';
import { withApi } from '../api/connect.ts';
import { confirm } from '../terminal/confirm.ts';
import { printDone, printEntry, printList } from '../terminal/print.ts';
import { adminCommand, commandGroup, cursorOption, findByName, limitOption, yesOption } from './options.ts';

const path = '/accounts';
const who = ['<account>', 'the e-mail address or id'] as const;

async function find(api: AdminApi, account: string): Promise<Resource> {
  return findByName(api, path, 'account', ['email', 'id'], account.toLowerCase());
}

const list = adminCommand('list')
  .description('list the accounts, the oldest first')
  .addOption(limitOption)
  .addOption(cursorOption)
  .action((options) =>
    withApi(options.url, async (api) => {
      const { limit, cursor } = options;
      const columns = ['id', 'name', 'email', 'operator', 'has_password', 'last_seen_at', 'sessions'];
      printList(await api.list(path, { limit, cursor }), { what: 'accounts', columns }, options);
    }),
  );

const operator = adminCommand('operator')
  .description('let somebody do all that the administration key may, or no more')
  .argument(...who)
  .addArgument(new Argument('<state>', 'on or off').choices(['on', 'off'] as const))
  .action((account, state, options) =>
    withApi(options.url, async (api) => {
      const body = { operator: state === 'on' };
      const { id } = await find(api, account);
      printEntry(await api.call('PATCH', `${path}/${id}`, { body }), options);
    }),
  );

const remove = adminCommand('delete')
  .description('delete an account; its sessions end at once')
  .argument(...who)
  .addOption(yesOption)
  .action((account, options) =>
    withApi(options.url, async (api) => {
      const { id, name, email } = await find(api, account);
      await confirm(`delete the account of ${name} (${email})`, options.yes);
      await api.call('DELETE', `${path}/${id}`);
      printDone(`The account of ${name} (${email}) is deleted.`);
    }),
  );

export const accounts = commandGroup('accounts', 'people who sign in to the console', [
  list,
  operator,
  remove,
]);
