/** The secrets of a server that starts on its store. */
import type { OpenedSecrets } from './auth/secrets/open-secrets.ts';
import { openSecrets, resealAtStart } from './auth/secrets/open-secrets.ts';
import { abortable } from './concurrency/abortable.ts';
import type { Config } from './config/config.ts';
import { type AdminKey, loadAdminKey } from './config/secrets.ts';
import type { Logger } from './log.ts';
import { readSecretFingerprint } from './store/queries/secrets.ts';
import type { Store } from './store/store.ts';

export interface ServerSecrets extends AdminKey {
  readonly secrets: OpenedSecrets;
  /** What to say where another server has replaced the secret of the store by one that this one lacks. */
  stale(): Promise<string | undefined>;
}

/** The wait for a store that is slow. */
const longestMs = 1000;

/**
 * Seals anew what an earlier secret has sealed, where no other server runs.
 * @throws UnfitSecretError, SecretFileError
 */
export async function startSecrets(
  config: Pick<Config, 'dataDir' | 'secret' | 'previousSecrets' | 'adminKey'>,
  store: Store,
  log: Logger,
): Promise<ServerSecrets> {
  const warn = (sentence: string): void => log.warn({}, sentence);
  const secrets = await openSecrets(config, store, warn);
  const resealed = await resealAtStart(secrets, store);
  if (resealed === 'others') {
    warn(
      'what is stored is sealed under an earlier secret, since other servers run; once all have the new one, run colloquy secrets rotate',
    );
  } else if (resealed !== undefined) {
    const { changed, isAnother, unreadable, webhooks } = resealed;
    if (isAnother || changed + webhooks.changed > 0)
      log.info({ models: changed, webhooks: webhooks.changed }, 'the store has the new secret now');
    const models = unreadable.map(({ id }) => id);
    if (models.length > 0) log.warn({ models }, 'the keys of some models were sealed under a lost secret');
    const lost = webhooks.unreadable.map(({ id }) => id);
    if (lost.length > 0)
      log.warn({ webhooks: lost }, 'the secrets of some webhooks were sealed under a lost one');
  }
  return {
    secrets,
    // On SQLite there is no other server.
    stale: async () => (store.engine === 'postgres' ? await findStale(secrets, store) : undefined),
    ...(await loadAdminKey(config, warn)),
  };
}

async function findStale({ ring }: OpenedSecrets, { reads }: Store): Promise<string | undefined> {
  const stored = await abortable(readSecretFingerprint(reads), AbortSignal.timeout(longestMs)).catch(
    () => undefined,
  );
  if (stored === undefined || ring.fingerprints.includes(stored)) return undefined;
  return 'the secret of the database was replaced: this server can’t read the keys of models, and refuses tokens of the others; give it the new secret, and start it again';
}
