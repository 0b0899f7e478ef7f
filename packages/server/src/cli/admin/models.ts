/** `colloquy models`: the language models of an organization. */
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { Resource } from '../api/api.ts';
import { confirm } from '../terminal/confirm.ts';
import { printDone, printEntry, printJson, printList } from '../terminal/print.ts';
import {
  commandGroup,
  cursorOption,
  fileOption,
  findModelId,
  inOrganization,
  limitOption,
  organizationCommand,
  orNull,
  parseInteger,
  parseUrl,
  readInput,
  toBody,
  yesOption,
} from './options.ts';

const which = ['<model>', 'its name or id'] as const;
const columns = ['id', 'name', 'provider', 'model', 'is_active', 'context_window', 'base_url'];

const keyFile = new Option(
  '--api-key-file <file>',
  "a file with the provider's key, which is stored encrypted; - for standard input",
);
const settingOptions = {
  preset: new Option('--preset <preset>', 'which known openai-compatible server it is, such as ollama'),
  baseUrl: new Option('--base-url <address>', 'where the provider is; none: at its own address'),
  keyVariable: new Option('--api-key-env <variable>', "the server's variable with the provider's key; none"),
  contextWindow: new Option('--context-window <tokens>', 'tokens of a request with its answer').argParser(
    (given) => parseInteger(given, 1, 100_000_000),
  ),
  prices: new Option('--prices <input,output>', 'what a million tokens cost, such as 0.4,1.6').argParser(
    parsePrices,
  ),
};

interface Settings {
  readonly preset?: string | undefined;
  readonly baseUrl?: string | undefined;
  readonly apiKeyEnv?: string | undefined;
  readonly apiKeyFile?: string | undefined;
  readonly contextWindow?: number | undefined;
  readonly prices?: Resource | undefined;
}

async function settingFields(given: Settings): Promise<Resource> {
  return {
    preset: orNull(given.preset),
    base_url: orNull(given.baseUrl),
    api_key_env: orNull(given.apiKeyEnv),
    api_key: given.apiKeyFile && (await readInput(given.apiKeyFile)).trim(),
    context_window: given.contextWindow,
    prices: given.prices,
  };
}

function parsePrices(given: string): Resource {
  const [, input, output] = /^(\d+(?:\.\d+)?),(\d+(?:\.\d+)?)$/.exec(given) ?? [];
  if (output !== undefined) return { input: Number(input), output: Number(output) };
  throw new InvalidArgumentError('It takes two numbers, such as 0.4,1.6.');
}

const list = organizationCommand('list')
  .description('list the models')
  .addOption(limitOption)
  .addOption(cursorOption)
  .action((options) =>
    inOrganization(options, async (api, path) => {
      const { limit, cursor } = options;
      printList(await api.list(`${path}/models`, { limit, cursor }), { what: 'models', columns }, options);
    }),
  );

const get = organizationCommand('get')
  .description('show a model')
  .argument(...which)
  .action((model, options) =>
    inOrganization(options, async (api, path) =>
      printEntry(await api.call('GET', `${path}/models/${await findModelId(api, path, model)}`), options),
    ),
  );

const create = organizationCommand('create')
  .description('add a model')
  .option('--name <name>', 'what people call it; otherwise as the provider names it')
  .option('--provider <provider>', 'such as openai, anthropic, openai-compatible')
  .option('--model <model>', "the provider's name of the model")
  .addOption(settingOptions.preset)
  .addOption(settingOptions.baseUrl)
  .addOption(settingOptions.keyVariable)
  .addOption(keyFile)
  .addOption(settingOptions.contextWindow)
  .addOption(settingOptions.prices)
  .addOption(fileOption)
  .action((options) =>
    inOrganization(options, async (api, path) => {
      const { name = options.model, provider, model, file } = options;
      const fields = { name, provider, model, ...(await settingFields(options)) };
      printEntry(await api.call('POST', `${path}/models`, { body: await toBody(file, fields) }), options);
    }),
  );

const update = organizationCommand('update')
  .description('change a model')
  .argument(...which)
  .option('--name <name>', 'what people call it')
  .addOption(new Option('--active <yes|no>', 'whether it may be used').choices(['yes', 'no'] as const))
  .addOption(settingOptions.preset)
  .addOption(settingOptions.baseUrl)
  .addOption(settingOptions.keyVariable)
  .addOption(keyFile)
  .addOption(settingOptions.contextWindow)
  .addOption(settingOptions.prices)
  .addOption(fileOption)
  .action((model, options) =>
    inOrganization(options, async (api, path) => {
      const { name, active, file } = options;
      const isActive = active === undefined ? undefined : active === 'yes';
      const fields = { name, is_active: isActive, ...(await settingFields(options)) };
      const body = await toBody(file, fields);
      const id = await findModelId(api, path, model);
      printEntry(await api.call('PATCH', `${path}/models/${id}`, { body }), options);
    }),
  );

const test = organizationCommand('test')
  .description('ask a model for a few tokens; the exit code is 1 if it does not answer')
  .argument(...which)
  .action((model, options) =>
    inOrganization(options, async (api, path) => {
      const id = await findModelId(api, path, model);
      const result = await api.call('POST', `${path}/models/${id}/test`);
      printEntry(result, options);
      if (result.ok !== true) process.exitCode = 1;
    }),
  );

const discover = organizationCommand('discover')
  .description('ask a provider which models it offers; nothing is stored')
  .argument('<provider>', 'such as openai, anthropic, openai-compatible')
  .addOption(settingOptions.preset)
  .addOption(new Option('--base-url <address>', 'where the provider is').argParser(parseUrl))
  .addOption(keyFile)
  .action((provider, options) =>
    inOrganization(options, async (api, path) => {
      const { preset, base_url, api_key } = await settingFields(options);
      const body = await toBody(undefined, { provider, preset, base_url, api_key });
      const found = await api.call('POST', `${path}/models/discover`, { body });
      if (options.json) printJson(found);
      else if (found.ok === true) {
        const data = found.models as readonly Resource[];
        printList({ data, next_cursor: null }, { what: 'models', columns: ['model', 'context_window'] }, {});
      } else printDone([found.error, found.hint].filter(Boolean).join('; '));
      if (found.ok !== true) process.exitCode = 1;
    }),
  );

const remove = organizationCommand('delete')
  .description('delete a model that nothing uses')
  .argument(...which)
  .addOption(yesOption)
  .action((model, options) =>
    inOrganization(options, async (api, path) => {
      const found = `${path}/models/${await findModelId(api, path, model)}`;
      const { name } = await api.call('GET', found);
      await confirm(`delete the model ${name}`, options.yes);
      await api.call('DELETE', found);
      printDone(`The model ${name} is deleted.`);
    }),
  );

export const models = commandGroup('models', 'language models of an organization', [
  list,
  get,
  create,
  update,
  test,
  discover,
  remove,
]);
