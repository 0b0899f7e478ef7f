/** Makes what a new data directory or database needs before anybody can talk: an organization, a persona, a key. */
import { join } from 'node:path';
import { apiKeyPrefix, generateApiKey, hashApiKey } from '../auth/api-keys.ts';
import { loadOrCreateSecret, readSecretFile } from '../config/secrets.ts';
import { newId } from '../domain/ids.ts';
import type { Logger } from '../log.ts';
import type { LocalModel } from '../models/local/local-model.ts';
import { findDefaultOrganization } from '../store/queries/organizations.ts';
import type { Store } from '../store/store.ts';
import { toEntries } from './offered-models.ts';
import type { ProviderOffers } from './remote-offers.ts';

const assistantPrompt =
  'You are a helpful assistant. Answer in the language of the question, briefly and to the point; ' +
  'say so when you do not know something.';

/** Makes organization `default`, persona `assistant` and its key; returns the path of the key's file while the key is alive. */
export async function prepareFirstStart(
  store: Store,
  dataDir: string,
  local: LocalModel,
  remote: readonly ProviderOffers[],
  log: Logger,
): Promise<string | undefined> {
  const exists = (await findDefaultOrganization(store.reads)) !== undefined;
  const path = join(dataDir, 'first-key');
  // The file is written before the key is stored: a crash between leaves a file that the next start completes.
  const key = exists
    ? await readSecretFile(path)
    : (await loadOrCreateSecret(dataDir, 'first-key', () => generateApiKey('prod').key)).value;
  if (key === undefined) return undefined;
  const result = await store.execute('firstStart', {
    organizationId: newId(),
    models: toEntries(remote, local),
    personaSystemPrompt: assistantPrompt,
    keyId: newId(),
    keyHash: hashApiKey(key),
    keyPrefix: apiKeyPrefix(key),
    now: Date.now(),
  });
  if (result.isNew)
    log.info({ organization: result.organizationId }, 'first start: made organization default');
  return result.keyId === null ? undefined : path;
}
