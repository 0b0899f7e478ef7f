/** The administration on a store without a server, for the command line. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createAuthenticator } from './auth/authenticator.ts';
import { openSecrets } from './auth/secrets/open-secrets.ts';
import { createSecretRotation } from './auth/secrets/rotation.ts';
import type { Config } from './config/config.ts';
import { makeAdminKey, secretPath } from './config/secrets.ts';
import { AppError } from './domain/errors.ts';
import { browserAddress } from './first-start/console-address.ts';
import { createEngineAtRest } from './generation/engine-at-rest.ts';
import { createAdminApp } from './http/admin-app.ts';
import { createLog } from './log.ts';
import { discoverModels } from './models/discover.ts';
import { createUpstreamDispatcher } from './models/upstream/dispatcher.ts';
import { createProxies } from './network/proxies.ts';
import { toServerFacts } from './server-facts.ts';
import { openStore } from './store/open.ts';

export interface AdministrationAtRest extends AsyncDisposable {
  readonly app: Pick<ReturnType<typeof createAdminApp>, 'inject'>;
  /** The operator's key, good for this object alone. */
  readonly adminKey: string;
}

/** There is no store, or not all that belongs to it. The message says what, and what to do. */
export class NoStoreError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NoStoreError';
  }
}

/**
 * Opens the store, on SQLite under the server's lock. It makes neither a store nor secrets.
 * @throws NoStoreError, SecretFileError, UnfitSecretError, DataDirectoryInUseError and what `openStore` throws besides
 */
export async function openAtRest(config: Config): Promise<AdministrationAtRest> {
  await using cleanup = new AsyncDisposableStack();
  // What a store has open keeps no process alive, which must not end before all is closed.
  const alive = setInterval(() => undefined, 60_000);
  cleanup.defer(() => clearInterval(alive));
  const dataDir = resolve(config.dataDir);
  if (config.databaseUrl === undefined && !existsSync(join(dataDir, 'colloquy.db'))) {
    throw new NoStoreError(
      `there is no Colloquy server's data in ${dataDir}; set DATA_DIR to where it is, or run colloquy start, which makes it`,
    );
  }
  if (config.secret === undefined && !existsSync(secretPath(dataDir))) {
    throw new NoStoreError(
      `${secretPath(dataDir)} is missing; set COLLOQUY_SECRET, or DATA_DIR to the directory of the server`,
    );
  }
  // Commands tell what went wrong themselves; the log has what nobody expects.
  const log = createLog('error', config.logFormat);
  const store = cleanup.use(
    await openStore({
      dataDir,
      databaseUrl: config.databaseUrl,
      poolSize: 2,
      onConnectionError: (error) => log.error({ err: error }, 'a database connection broke'),
      onUpkeepError: (error) => log.error({ err: error }, 'the upkeep of the store failed'),
    }),
  );
  const secrets = await openSecrets({ ...config, dataDir }, store);
  const connectMs = config.modelTimeouts.connectMs;
  const dispatcher = createUpstreamDispatcher({ connectMs, proxies: createProxies(config.proxies) });
  cleanup.defer(() => dispatcher.destroy());
  const adminKey = makeAdminKey();
  const { tokenTtlSeconds } = config;
  const authenticator = cleanup.use(createAuthenticator({ store, secrets, adminKey, tokenTtlSeconds }));
  const app = createAdminApp({
    store,
    engine: createEngineAtRest(store, Date.now),
    authenticator,
    log,
    admin: {
      serverFacts: toServerFacts(config),
      secrets,
      rotation: createSecretRotation({ secrets, dataDir, store, own: 0 }),
      publicAddress: () => browserAddress(config, config.port),
      async testModel() {
        throw new AppError(
          'conflict',
          'only a running server tests models; start it, and then run this again',
        );
      },
      async health() {
        throw new AppError('overloaded', 'no server runs');
      },
      // Whoever can open the store is the operator, who may name private addresses.
      discoverModels: (server, { timeoutMs }) => discoverModels({ ...server, dispatcher, timeoutMs }),
    },
  });
  cleanup.defer(() => app.close());
  await app.ready();
  const owned = cleanup.move();
  return { app, adminKey, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
