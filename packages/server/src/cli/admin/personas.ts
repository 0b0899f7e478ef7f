/** `colloquy personas`: what keys talk to: a prompt, a model and parameters, in versions. */
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { AdminApi, Resource } from '../api/api.ts';
import { CommandFailure } from '../failure.ts';
import { confirm } from '../terminal/confirm.ts';
import { printDone, printEntry, printJson, printList } from '../terminal/print.ts';
import {
  commandGroup,
  cursorOption,
  fileOption,
  findModelId,
  findPersonaId,
  inOrganization,
  limitOption,
  organizationCommand,
  parseInteger,
  readInput,
  toBody,
  yesOption,
} from './options.ts';

const which = ['<persona>', 'its alias or id'] as const;

async function pathOf(api: AdminApi, path: string, persona: string): Promise<string> {
  return `${path}/personas/${await findPersonaId(api, path, persona)}`;
}

const draftOptions = {
  promptFile: new Option('--prompt-file <file>', 'a file with the system prompt; - for standard input'),
  prompt: new Option('--prompt <text>', 'the system prompt itself').conflicts('promptFile'),
  model: new Option('--model <model>', "name or id; otherwise the organization's default"),
  temperature: new Option('--temperature <number>', 'from 0 to 2').argParser(parseTemperature),
  internet: new Option('--internet', 'it answers with the web'),
};

interface Draft {
  readonly promptFile?: string | undefined;
  readonly prompt?: string | undefined;
  readonly model?: string | undefined;
  readonly temperature?: number | undefined;
  readonly internet?: true | undefined;
  readonly file?: string | undefined;
}

function parseTemperature(given: string): number {
  const number = Number(given);
  if (given.trim() !== '' && number >= 0 && number <= 2) return number;
  throw new InvalidArgumentError('It takes a number from 0 to 2.');
}

async function draftBody(api: AdminApi, path: string, draft: Draft): Promise<Resource> {
  const { promptFile, prompt, model, temperature, internet, file } = draft;
  if (promptFile === '-' && file === '-') {
    throw new CommandFailure('only one of --prompt-file and --file can be standard input', 64);
  }
  const body = await toBody(file, {
    system_prompt: promptFile === undefined ? prompt : await readInput(promptFile),
    model_id: model && (await findModelId(api, path, model)),
    temperature,
    internet,
  });
  return { ...body, model_id: body.model_id ?? (await defaultModelId(api, path)) };
}

/** What answers where no persona does. @throws CommandFailure */
async function defaultModelId(api: AdminApi, path: string): Promise<unknown> {
  const { default_model_id: chosen } = await api.call('GET', path);
  if (chosen) return chosen;
  for await (const { id, is_active: isActive } of api.all(`${path}/models`)) if (isActive) return id;
  throw new CommandFailure('there is no active model; add one with colloquy models create');
}

const list = organizationCommand('list')
  .description('list the personas')
  .addOption(limitOption)
  .addOption(cursorOption)
  .action((options) =>
    inOrganization(options, async (api, path) => {
      const { limit, cursor } = options;
      const columns = ['id', 'alias', 'name', 'active_version', 'next_version', 'updated_at', 'description'];
      printList(
        await api.list(`${path}/personas`, { limit, cursor }),
        { what: 'personas', columns },
        options,
      );
    }),
  );

const get = organizationCommand('get')
  .description('show a persona')
  .argument(...which)
  .action((persona, options) =>
    inOrganization(options, async (api, path) =>
      printEntry(await api.call('GET', await pathOf(api, path, persona)), options),
    ),
  );

const versions = organizationCommand('versions')
  .description('list the versions of a persona, newest first')
  .argument(...which)
  .addOption(limitOption)
  .addOption(cursorOption)
  .action((persona, options) =>
    inOrganization(options, async (api, path) => {
      const { limit, cursor } = options;
      const columns = ['version', 'state', 'model_id', 'created_at', 'submitted_at', 'system_prompt'];
      const page = await api.list(`${await pathOf(api, path, persona)}/versions`, { limit, cursor });
      printList(page, { what: 'versions', columns }, options);
    }),
  );

const create = organizationCommand('create')
  .description('make a persona and, with a prompt, put it into production')
  .argument('<alias>', 'what keys select it by')
  .option('--name <name>', 'the name; otherwise the alias')
  .option('--description <text>', 'what it is for')
  .addOption(draftOptions.promptFile)
  .addOption(draftOptions.prompt)
  .addOption(draftOptions.model)
  .addOption(draftOptions.temperature)
  .addOption(draftOptions.internet)
  .addOption(new Option('--file <file>', 'JSON with further fields of the version; - for standard input'))
  .option('--draft', 'do not put it into production yet')
  .action((alias, options) =>
    inOrganization(options, async (api, path) => {
      const { name = alias, description, prompt, promptFile, file } = options;
      const hasVersion = prompt !== undefined || promptFile !== undefined || file !== undefined;
      // What can be wrong with the version is found out before the persona is there.
      const version = hasVersion ? await draftBody(api, path, options) : undefined;
      const body = await toBody(undefined, { name, alias, description });
      let persona = await api.call('POST', `${path}/personas`, { body });
      const made = `${path}/personas/${persona.id}`;
      if (version !== undefined) {
        persona = await api.call('PUT', `${made}/next`, { body: version });
        if (!options.draft) persona = await api.call('POST', `${made}/submit`);
      }
      printEntry(persona, options);
    }),
  );

const update = organizationCommand('update')
  .description('change name, alias or description of a persona')
  .argument(...which)
  .option('--name <name>', 'the name')
  .option('--alias <alias>', 'what keys select it by')
  .option('--description <text>', 'what it is for')
  .addOption(fileOption)
  .action((persona, options) =>
    inOrganization(options, async (api, path) => {
      const { name, alias, description, file } = options;
      const body = await toBody(file, { name, alias, description });
      printEntry(await api.call('PATCH', await pathOf(api, path, persona), { body }), options);
    }),
  );

const draft = organizationCommand('draft')
  .description('make a new version of a persona, the draft')
  .argument(...which)
  .addOption(draftOptions.promptFile)
  .addOption(draftOptions.prompt)
  .addOption(draftOptions.model)
  .addOption(draftOptions.temperature)
  .addOption(draftOptions.internet)
  .addOption(fileOption)
  .option('--submit', 'put it into production at once')
  .action((persona, options) =>
    inOrganization(options, async (api, path) => {
      const found = await pathOf(api, path, persona);
      const body = await draftBody(api, path, options);
      const drafted = await api.call('PUT', `${found}/next`, { body });
      printEntry(options.submit ? await api.call('POST', `${found}/submit`) : drafted, options);
    }),
  );

const submit = organizationCommand('submit')
  .description('put the draft of a persona into production')
  .argument(...which)
  .action((persona, options) =>
    inOrganization(options, async (api, path) =>
      printEntry(await api.call('POST', `${await pathOf(api, path, persona)}/submit`), options),
    ),
  );

const rollback = organizationCommand('rollback')
  .description('put an earlier version of a persona into production; the draft stays')
  .argument(...which)
  .argument('<version>', 'its number', (given) => parseInteger(given, 1, 2_147_483_647))
  .action((persona, version, options) =>
    inOrganization(options, async (api, path) => {
      const found = await pathOf(api, path, persona);
      printEntry(await api.call('POST', `${found}/rollback`, { body: { version } }), options);
    }),
  );

const duplicate = organizationCommand('duplicate')
  .description('copy a persona, with its version in production and its draft')
  .argument(...which)
  .argument('<alias>', 'of the copy')
  .option('--name <name>', 'of the copy; otherwise the same')
  .action((persona, alias, options) =>
    inOrganization(options, async (api, path) => {
      const body = await toBody(undefined, { alias, name: options.name });
      const copy = await api.call('POST', `${await pathOf(api, path, persona)}/duplicate`, { body });
      printEntry(copy, options);
    }),
  );

const exporting = organizationCommand('export')
  .description('print a persona as JSON for `personas import`')
  .argument(...which)
  .action((persona, options) =>
    inOrganization(options, async (api, path) =>
      printJson(await api.call('GET', `${await pathOf(api, path, persona)}/export`)),
    ),
  );

const importing = organizationCommand('import')
  .description('make a persona from what `personas export` has printed')
  .argument('<file>', '- for standard input')
  .option('--alias <alias>', 'another alias than that of the file')
  .option('--name <name>', 'another name')
  .action((file, options) =>
    inOrganization(options, async (api, path) => {
      const body = await toBody(file, { alias: options.alias, name: options.name });
      printEntry(await api.call('POST', `${path}/personas/import`, { body }), options);
    }),
  );

const remove = organizationCommand('delete')
  .description('delete a persona with its versions')
  .argument(...which)
  .addOption(yesOption)
  .action((persona, options) =>
    inOrganization(options, async (api, path) => {
      const found = await pathOf(api, path, persona);
      const { alias } = await api.call('GET', found);
      await confirm(`delete the persona ${alias} with its versions`, options.yes);
      await api.call('DELETE', found);
      printDone(`The persona ${alias} is deleted.`);
    }),
  );

export const personas = commandGroup('personas', 'what keys talk to: a prompt, a model, parameters', [
  list,
  get,
  create,
  update,
  versions,
  draft,
  submit,
  rollback,
  duplicate,
  exporting,
  importing,
  remove,
]);
