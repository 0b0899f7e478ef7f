/** `colloquy secrets reset`: goes on without a secret that is lost. */
import { Command } from '@commander-js/extra-typings';
import { yesOption } from '../admin/options.ts';
import { readConfig } from '../api/environment.ts';
import { CommandFailure } from '../failure.ts';
import { onStore } from '../on-store.ts';
import { confirm } from '../terminal/confirm.ts';
import { printDone, printJson } from '../terminal/print.ts';

export const reset = new Command('reset')
  .description('go on with the present secret where that of the data is lost; no server may run')
  .option('--json', 'print JSON')
  .addOption(yesOption)
  .action(async ({ json, yes }) => {
    const [{ resetSecret }, { AppError }, { SecretFileError }] = await Promise.all([
      import('../../reset-secret.ts'),
      import('../../domain/errors.ts'),
      import('../../config/secrets.ts'),
    ]);
    const config = await readConfig();
    await confirm(
      'remove every key of a provider, and every webhook, that the present secret does not open',
      yes,
    );
    const { unreadable, webhooks: lost } = await onStore(() => resetSecret(config)).catch(
      (error: unknown) => {
        if (error instanceof AppError || error instanceof SecretFileError)
          throw new CommandFailure(error.message);
        throw error;
      },
    );
    const models = unreadable.map(({ id, organizationId, name }) => ({
      id,
      organization_id: organizationId,
      name,
    }));
    const webhooks = lost.unreadable.map(({ id, organizationId, url }) => ({
      id,
      organization_id: organizationId,
      url,
    }));
    if (json) return printJson({ models, webhooks });
    const names = models.map(({ name }) => name).join(', ');
    const urls = webhooks.map(({ url }) => url).join(', ');
    const advice = [
      names === '' ? 'No key was removed.' : `Set the keys of these models anew: ${names}.`,
      ...(urls === '' ? [] : [`Make these webhooks anew: ${urls}.`]),
    ];
    printDone(`The data have the present secret. ${advice.join(' ')}`);
  });
