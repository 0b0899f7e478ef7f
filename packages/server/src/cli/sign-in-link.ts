/** `colloquy sign-in-link <email>`: the way back into the console, or to the account of the first operator. */
import { adminCommand } from './admin/options.ts';
import { withApi } from './api/connect.ts';
import { printDone, printJson } from './terminal/print.ts';

export const signInLink = adminCommand('sign-in-link')
  .description(
    'make a link that leads back into an account of the console, or makes that of the first operator',
  )
  .argument('<email>', 'the e-mail address of the account')
  .action((email, { url, json }) =>
    withApi(url, async (api) => {
      const link = await api.call('POST', '/sign-in-link', { body: { email } });
      if (json) return printJson(link);
      process.stdout.write(`${link.url}\n`);
      const what = link.purpose === 'setup' ? 'makes the account of the first operator' : 'signs in';
      printDone(`It ${what}, once, until ${link.expires_at}. Give it to nobody else.`);
    }),
  );
