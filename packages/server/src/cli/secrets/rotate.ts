/** `colloquy secrets rotate`: replaces the secret of a server. */
import { adminCommand, readInput, yesOption } from '../admin/options.ts';
import type { Resource } from '../api/api.ts';
import { withApi } from '../api/connect.ts';
import { confirm } from '../terminal/confirm.ts';
import { printDone, printJson } from '../terminal/print.ts';

export const rotate = adminCommand('rotate')
  .description('replace the secret that signs tokens and encrypts providers’ keys')
  .option('--secret-file <file>', 'a file with the new secret; - for standard input; by default one is made')
  .option('--end-tokens', 'refuse all tokens that were signed until now')
  .addOption(yesOption)
  .action(async ({ url, json, secretFile, endTokens, yes }) => {
    const { makeSecret } = await import('../../config/secrets.ts');
    const secret = secretFile && (await readInput(secretFile)).replace(/\r?\n$/, '');
    if (endTokens) await confirm('end all tokens', yes);
    const body = { ...(secret !== undefined && { secret }), ...(endTokens && { end_tokens: true }) };
    const answer = await withApi(url, (api) => api.call('POST', '/secret/rotate', { body }));
    const next = answer.outcome === 'unchanged' ? makeSecret() : undefined;
    if (json) printJson(next === undefined ? answer : { ...answer, new_secret: next });
    else if (next === undefined) printDone(describe(answer, endTokens === true));
    else explainVariables(next);
  });

function describe(answer: Resource, endTokens: boolean): string {
  const { outcome, models, unreadable, webhooks, unreadable_webhooks: lost } = answer;
  const urls = (lost as readonly Resource[]).map(({ url }) => url).join(', ');
  const names = (unreadable as readonly Resource[]).map(({ name }) => name).join(', ');
  return [
    outcome === 'rotated'
      ? 'There is a new secret in DATA_DIR/secret: back it up.'
      : 'What an earlier secret had encrypted is encrypted with COLLOQUY_SECRET now.',
    `Models whose values were encrypted anew: ${models}.`,
    ...(webhooks === 0 ? [] : [`Webhooks, likewise: ${webhooks}.`]),
    outcome !== 'rotated'
      ? 'Leave the earlier secret in COLLOQUY_SECRET_PREVIOUS until its tokens have expired.'
      : endTokens
        ? 'Tokens of before are refused.'
        : 'Tokens of before stay valid until they expire, by DATA_DIR/secret.previous.',
    ...(names === '' ? [] : [`Set the keys of these models anew, since their secret is lost: ${names}.`]),
    ...(urls === '' ? [] : [`Make these webhooks anew, since their secret is lost: ${urls}.`]),
  ].join(' ');
}

/** The answer never shows the present secret, so its place is only named. */
function explainVariables(next: string): void {
  process.stdout.write(
    `COLLOQUY_SECRET=${next}\nCOLLOQUY_SECRET_PREVIOUS=<the value that COLLOQUY_SECRET has now>\n`,
  );
  printDone(
    'The secret is COLLOQUY_SECRET, and nothing was changed yet: set both variables on every server, start it again, and run this again.',
  );
}
