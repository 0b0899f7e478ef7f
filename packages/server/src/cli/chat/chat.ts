/** `colloquy chat`: talks to a persona in the terminal. */
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Command, Option } from '@commander-js/extra-typings';
import { readSecretFile, SecretFileError } from '../../config/secrets.ts';
import { parseUrl } from '../admin/options.ts';
import { readClientSettings } from '../api/environment.ts';
import { findServerUrl } from '../api/find-server.ts';
import { CommandFailure } from '../failure.ts';

export const chat = new Command('chat')
  .description('talk to a persona; what is piped in is one message, and only its answer is written')
  .addOption(new Option('--url <address>', "the server's address (COLLOQUY_URL)").argParser(parseUrl))
  .option('--key <key>', 'the API key (COLLOQUY_API_KEY); otherwise the one in DATA_DIR/first-key')
  .addOption(new Option('--persona <alias>', "the persona; otherwise the key's own").conflicts('model'))
  .option('--model <model>', 'a model, by its name or id, in place of a persona')
  .addOption(
    new Option('--conversation <id>', 'the conversation to go on with').conflicts(['persona', 'model']),
  )
  .action(async ({ url, key, persona, model, conversation }) => {
    const settings = readClientSettings();
    const found = await findServerUrl(url ?? settings.url, settings.dataDir);
    if (found === undefined) {
      throw new CommandFailure(
        `no server runs on ${settings.dataDir}; start one with colloquy start, or give an address with --url`,
      );
    }
    const [{ ChatApi }, { answer, talk }] = await Promise.all([import('./chat-api.ts'), import('./talk.ts')]);
    const api = new ChatApi(found, key ?? settings.apiKey ?? (await readFirstKey(settings.dataDir)));
    if (conversation === undefined) await api.begin(model);
    else await api.open(conversation);
    if (process.stdin.isTTY) return talk(api, { persona, model });
    const message = (await text(process.stdin)).trimEnd();
    if (message === '') throw new CommandFailure('there is no message on standard input', 64);
    process.once('SIGINT', () => {
      process.exitCode = 130;
      api.cancel().finally(() => process.exit());
    });
    if (!(await answer(api, message, persona))) process.exitCode = 1;
  });

/** @throws CommandFailure */
async function readFirstKey(dataDir: string): Promise<string> {
  const path = join(dataDir, 'first-key');
  const key = await readSecretFile(path).catch((error: unknown) => {
    throw error instanceof SecretFileError ? new CommandFailure(error.message) : error;
  });
  if (key !== undefined) return key;
  throw new CommandFailure(`there is no API key in ${path}; give one with --key or COLLOQUY_API_KEY`);
}
