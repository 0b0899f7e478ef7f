/** The environment variables of a server for tests. */
import type { Place } from './place.ts';
import { adminKey } from './tenants.ts';

/** The environment of a server in this place; the guide is its only model until one is added. */
export function serverEnvironment(place: Place, more: Record<string, string> = {}): Record<string, string> {
  return {
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: place.dataDir,
    COLLOQUY_ADMIN_KEY: adminKey,
    COLLOQUY_SECRET: 'a secret of the tests, long enough',
    COLLOQUY_LOCAL_MODEL: 'off',
    LOG_LEVEL: 'warn',
    COLLOQUY_TITLES: 'off',
    LEASE_MS: '1000',
    SHUTDOWN_GRACE_MS: '1000',
    MODEL_MAX_RETRIES: '0',
    // On a machine that runs many tests at once, every process is late.
    OVERLOAD_LOOP_DELAY_MS: '0',
    ...(place.databaseUrl === undefined ? {} : { DATABASE_URL: place.databaseUrl }),
    ...more,
  };
}
