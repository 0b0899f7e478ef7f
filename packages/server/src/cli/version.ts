/** `colloquy version`, and the version that `--version` of every command prints. */
import { readFileSync } from 'node:fs';
import { Command } from '@commander-js/extra-typings';

/** The version of the package, such as `1.2.3`. */
export const packageVersion: string = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
).version;

export const version = new Command('version')
  .description('show the version')
  .action(() => void process.stdout.write(`${packageVersion}\n`));
