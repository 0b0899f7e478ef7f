/** Takes the present secret as that of a store whose own is lost, for the command line. */
import { resolve } from 'node:path';
import { countOthers, ringOf } from './auth/secrets/open-secrets.ts';
import type { Config } from './config/config.ts';
import { loadSecret } from './config/secrets.ts';
import { originWithoutRequest } from './domain/audit/trail.ts';
import { AppError } from './domain/errors.ts';
import type { Resealed } from './store/commands/secrets.ts';
import { openStore } from './store/open.ts';

/**
 * Removes what none of the present secrets opens. Where the data directory has no secret, one is made.
 * @throws AppError conflict where a server runs; SecretFileError, DataDirectoryInUseError and what `openStore` throws
 */
export async function resetSecret(config: Config): Promise<Resealed> {
  const dataDir = resolve(config.dataDir);
  await using store = await openStore({
    dataDir,
    databaseUrl: config.databaseUrl,
    poolSize: 2,
    onConnectionError: () => undefined,
  });
  if ((await countOthers(store, 0)) > 0) {
    throw new AppError(
      'conflict',
      'a server runs on the database, so that its secret is not lost; stop it first',
    );
  }
  const { secrets } = ringOf(await loadSecret({ ...config, dataDir }, { mayMake: true }));
  return await store.execute(
    'resealModels',
    { secrets, isLost: true },
    originWithoutRequest('operator', null, Date.now()),
  );
}
