/** `colloquy start`: runs the server until a signal ends it. */
import { Command } from '@commander-js/extra-typings';

export const start = new Command('start')
  .description('run the server (what happens without a command, too)')
  .action(async () => {
    const { serve } = await import('./serve.ts');
    await serve();
  });
