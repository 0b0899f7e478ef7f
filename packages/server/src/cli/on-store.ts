/** Where the data of the settings is, and how commands that work on the store fail. */
import { resolve } from 'node:path';
import type { SecretSettings } from '../auth/secrets/open-secrets.ts';
import type { StorePlace } from '../store/transfer/place.ts';
import { readConfig } from './api/environment.ts';
import { CommandFailure } from './failure.ts';

/** Where the data are, and what the variables say of their secret. */
export type StoreSettings = StorePlace & SecretSettings;

/** What DATA_DIR, DATABASE_URL and the variables of the secret name. @throws CommandFailure where the settings are wrong */
export async function readPlace(): Promise<StoreSettings> {
  const { dataDir, databaseUrl, secret, previousSecrets } = await readConfig();
  return { dataDir: resolve(dataDir), databaseUrl, secret, previousSecrets };
}

/** @throws CommandFailure for whatever an operator can mend: a sentence each, 78 for a database that can't be used */
export async function onStore<T>(run: () => Promise<T>): Promise<T> {
  const [{ isUnfitDatabase }, { TransferError }, { DataDirectoryInUseError }, { isUnavailable }] =
    await Promise.all([
      import('../store/schema/unfit-database.ts'),
      import('../store/transfer/copy-store.ts'),
      import('../store/sqlite/server-lock.ts'),
      import('../store/unavailable.ts'),
    ]);
  try {
    return await run();
  } catch (error) {
    if (isUnfitDatabase(error)) throw new CommandFailure(error.message, 78);
    if (error instanceof TransferError || error instanceof DataDirectoryInUseError)
      throw new CommandFailure(error.message);
    if (isUnavailable(error)) {
      const { message, code } = error as Error & { code?: unknown };
      throw new CommandFailure(`the data can't be read or written: ${message || String(code)}`);
    }
    throw error;
  }
}
