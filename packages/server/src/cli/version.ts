/** `colloquy version`: prints the version of the package. */
import { readFileSync } from 'node:fs';
import type { CliCommand } from './command.ts';

export const version: CliCommand = {
  name: 'version',
  synopsis: '',
  summary: ['show the version'],
  run() {
    const manifest: { version: string } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    );
    process.stdout.write(`${manifest.version}\n`);
  },
};
