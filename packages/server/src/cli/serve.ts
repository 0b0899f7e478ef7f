/** What `colloquy start` does. */
import { loadEnvFile } from '../config/env.ts';

/** Runs the server until a signal ends it. */
export async function serve(): Promise<void> {
  loadEnvFile('.env');
  const { main } = await import('../main.ts');
  await main();
}
