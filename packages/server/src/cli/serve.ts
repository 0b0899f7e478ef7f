/** What `colloquy start` does. */
import { loadEnvFile } from '../config/env.ts';

/** Runs the server until a signal ends it. */
export async function serve(): Promise<void> {
  if (!readEnvFile()) return;
  const { main } = await import('../main.ts');
  await main();
}

/** Gives false, with a sentence and the exit code 78, where there is a `.env` that can't be read. */
function readEnvFile(): boolean {
  try {
    loadEnvFile('.env');
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'EISDIR' ? 'it is a directory' : message;
    process.stderr.write(`.env can't be read: ${reason}; let this user read it, or move it away\n`);
    process.exitCode = 78;
    return false;
  }
}
