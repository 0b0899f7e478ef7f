/** `colloquy start`: runs the server until a signal ends it. */
import { loadEnvFile } from '../config/env.ts';
import type { CliCommand } from './command.ts';

export const start: CliCommand = {
  name: 'start',
  synopsis: '',
  summary: ['run the server (what happens without a command, too)'],
  async run() {
    loadEnvFile('.env');
    const { main } = await import('../main.ts');
    await main();
  },
};
