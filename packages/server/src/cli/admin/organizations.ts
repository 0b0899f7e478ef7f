/** `colloquy organizations`: the tenants of a server. */
import { withApi } from '../api/connect.ts';
import { confirm } from '../terminal/confirm.ts';
import { printEntry, printList } from '../terminal/print.ts';
import {
  adminCommand,
  commandGroup,
  cursorOption,
  findModelId,
  findOrganizationId,
  limitOption,
  yesOption,
} from './options.ts';

const nameOrId = ['<organization>', 'its name or id'] as const;

const list = adminCommand('list')
  .description('list the organizations')
  .addOption(limitOption)
  .addOption(cursorOption)
  .action((options) =>
    withApi(options.url, async (api) => {
      const { limit, cursor } = options;
      const columns = ['id', 'name', 'default_model_id', 'created_at'];
      printList(
        await api.list('/organizations', { limit, cursor }),
        { what: 'organizations', columns },
        options,
      );
    }),
  );

const get = adminCommand('get')
  .description('show an organization')
  .argument(...nameOrId)
  .action((organization, options) =>
    withApi(options.url, async (api) => {
      const id = await findOrganizationId(api, organization);
      printEntry(await api.call('GET', `/organizations/${id}`), options);
    }),
  );

const create = adminCommand('create')
  .description('make an organization')
  .argument('<name>')
  .action((name, options) =>
    withApi(options.url, async (api) =>
      printEntry(await api.call('POST', '/organizations', { body: { name } }), options),
    ),
  );

const update = adminCommand('update')
  .description('change an organization')
  .argument(...nameOrId)
  .option('--name <name>', 'a new name')
  .option('--default-model <model>', 'name or id of the model that answers where no persona does; none')
  .action((organization, options) =>
    withApi(options.url, async (api) => {
      const path = `/organizations/${await findOrganizationId(api, organization)}`;
      const { name, defaultModel } = options;
      const model =
        defaultModel === undefined || defaultModel === 'none'
          ? null
          : await findModelId(api, path, defaultModel);
      const body = {
        ...(name !== undefined && { name }),
        ...(defaultModel !== undefined && { default_model_id: model }),
      };
      printEntry(await api.call('PATCH', path, { body }), options);
    }),
  );

const remove = adminCommand('delete')
  .description('delete an organization with all of its data')
  .argument(...nameOrId)
  .addOption(yesOption)
  .action((organization, options) =>
    withApi(options.url, async (api) => {
      const path = `/organizations/${await findOrganizationId(api, organization)}`;
      const { name, id } = await api.call('GET', path);
      await confirm(`delete the organization ${name} (${id}) with all of its data`, options.yes);
      printEntry(await api.call('DELETE', path), options);
    }),
  );

export const organizations = commandGroup('organizations', 'the tenants of the server', [
  list,
  get,
  create,
  update,
  remove,
]);
