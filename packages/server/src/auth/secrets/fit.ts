/** Whether the secret at hand is the one of a store, for commands that only look. */
import {
  loadSecret,
  readSecretFile,
  SecretFileError,
  type ServerSecret,
  secretPath,
} from '../../config/secrets.ts';
import {
  listSealedModels,
  listSealedWebhooks,
  readSecretFingerprint,
  sealedValues,
} from '../../store/queries/secrets.ts';
import type { Database } from '../../store/store.ts';
import { openForReads, type StorePlace } from '../../store/transfer/place.ts';
import { explainUnfit, fingerprintOfSealed, ringOf, type SecretSettings } from './open-secrets.ts';

/**
 * `present`: the secret is that of the store. `earlier`: an earlier one is. `other`: none is. `missing`: there is none at
 * hand. `any`: the store takes whichever it is started with. `unreadable`: its file can't be read.
 */
export type SecretFit = 'present' | 'earlier' | 'other' | 'missing' | 'any' | 'unreadable';

export async function readFitOf(place: StorePlace & SecretSettings): Promise<SecretFit> {
  await using store = await openForReads(place);
  try {
    return (await look(store.db, place)).fit;
  } catch (error) {
    if (error instanceof SecretFileError) return 'unreadable';
    throw error;
  }
}

export function describeFit(fit: SecretFit, { dataDir }: SecretSettings): string {
  const advice = `before you start, put the secret that the data were written with into ${secretPath(dataDir)}, or set COLLOQUY_SECRET to it`;
  switch (fit) {
    case 'present':
      return 'The present secret is theirs.';
    case 'earlier':
      return 'Their secret is an earlier one of this server, whose next start encrypts the keys anew.';
    case 'other':
      return `The present secret is not theirs: ${advice}.`;
    case 'missing':
      return `There is no secret here: ${advice}.`;
    case 'unreadable':
      return `The secret here can't be read: ${advice}.`;
    case 'any':
      return 'They need no secret of before.';
  }
}

/** What `colloquy check` finds. On PostgreSQL the secret may be elsewhere: then there is nothing to look at. */
export async function findSecretProblems(
  { db }: { readonly db: Database },
  place: StorePlace & SecretSettings,
): Promise<readonly { readonly rule: string; readonly problem: string }[]> {
  const rule = 'secret';
  try {
    const { fit, loaded, stored } = await look(db, place);
    if (fit === 'missing' && place.databaseUrl === undefined) {
      return [{ rule, problem: `${secretPath(place.dataDir)} is missing` }];
    }
    if (loaded === undefined) return [];
    if (fit === 'other') return [{ rule, problem: await explainUnfit(place, loaded, stored) }];
    const ring = ringOf(loaded);
    const unreadable = (await listSealedModels(db)).filter(
      (model) => !sealedValues(model).every((sealed) => ring.opens(sealed, model.id)),
    );
    const webhooks = (await listSealedWebhooks(db)).filter(({ id, secret }) => !ring.opens(secret, id));
    return [
      ...unopened(unreadable, 'models have a key, a header or a parameter'),
      ...unopened(webhooks, 'webhooks have a secret'),
    ];
  } catch (error) {
    if (error instanceof SecretFileError) return [{ rule, problem: error.message }];
    throw error;
  }
}

function unopened(found: readonly { readonly id: string }[], what: string) {
  if (found.length === 0) return [];
  const named = found.slice(0, 5).map(({ id }) => id);
  const more = found.length > named.length ? ` and ${found.length - named.length} more` : '';
  const problem = `${what} that the secret does not open: ${named.join(', ')}${more}`;
  return [{ rule: 'sealed-values-open', problem }];
}

interface Look {
  readonly fit: SecretFit;
  /** Undefined where there is no secret at hand. */
  readonly loaded?: ServerSecret;
  /** The fingerprint of the store's secret, as far as it is known. */
  readonly stored?: string | undefined;
}

/** @throws SecretFileError */
async function look(db: Database, settings: SecretSettings): Promise<Look> {
  const named = await readSecretFingerprint(db);
  const sealed = named === undefined ? await listSealedModels(db) : [];
  const isBound = named !== undefined || sealed.length > 0;
  const isAtHand =
    settings.secret !== undefined || (await readSecretFile(secretPath(settings.dataDir))) !== undefined;
  if (!isAtHand) return { fit: isBound ? 'missing' : 'any' };
  const loaded = await loadSecret(settings, { mayMake: false });
  if (!isBound) return { fit: 'any', loaded };
  const ring = ringOf(loaded);
  const stored = named ?? fingerprintOfSealed(ring, sealed);
  if (stored === ring.fingerprint) return { fit: 'present', loaded, stored };
  const isEarlier = stored !== undefined && ring.fingerprints.includes(stored);
  return { fit: isEarlier ? 'earlier' : 'other', loaded, stored };
}
