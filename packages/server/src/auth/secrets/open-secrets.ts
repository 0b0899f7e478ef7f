/** Opens the secrets of a server, and sees that they are those of its store. */
import type { Config } from '../../config/config.ts';
import { loadSecret, readSecretFile, type ServerSecret, secretPath } from '../../config/secrets.ts';
import { originWithoutRequest } from '../../domain/audit/trail.ts';
import type { SecretSource } from '../../domain/secrets/rotation.ts';
import { fingerprintOf, SecretRing } from '../../domain/secrets/secret-ring.ts';
import type { Resealed } from '../../store/commands/secrets.ts';
import { countLeases } from '../../store/queries/owners.ts';
import {
  listSealedModels,
  readSecretFingerprint,
  type SealedModel,
  sealedValues,
} from '../../store/queries/secrets.ts';
import type { Database, Store, StoreEngine } from '../../store/store.ts';

/** The secret is not the one of the database. The message is one sentence for the operator, which says what to do. */
export class UnfitSecretError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnfitSecretError';
  }
}

export interface OpenedSecrets {
  /** A rotation replaces it. */
  ring: SecretRing;
  readonly source: SecretSource;
  /** Whether what is stored was sealed under an earlier secret when this was opened. */
  readonly isEarlier: boolean;
}

export type SecretSettings = Pick<Config, 'dataDir' | 'secret' | 'previousSecrets'>;
type SecretStore = Pick<Store, 'reads' | 'execute' | 'engine'>;

/**
 * A new store gets the fingerprint of the secret; one of before fingerprints too, if the secret opens what is sealed. A
 * secret is made only for a store that has none.
 * @throws UnfitSecretError, SecretFileError
 */
export async function openSecrets(
  settings: SecretSettings,
  store: SecretStore,
  warn?: (sentence: string) => void,
): Promise<OpenedSecrets> {
  const stored = await readSecretFingerprint(store.reads);
  const sealed = stored === undefined ? await listSealedModels(store.reads) : [];
  const mayMake = stored === undefined && sealed.length === 0;
  const loaded = await loadSecret(settings, { mayMake, ...(warn && { warn }) });
  const ring = ringOf(loaded);
  const fitting = stored ?? fingerprintOfSealed(ring, sealed);
  if (fitting === undefined || !ring.fingerprints.includes(fitting)) {
    throw new UnfitSecretError(await explainUnfit(settings, loaded, fitting));
  }
  // Of servers that start at once, the first one sets it.
  const { fingerprint } =
    stored === undefined
      ? await store.execute('nameSecret', { fingerprint: fitting })
      : { fingerprint: stored };
  if (!ring.fingerprints.includes(fingerprint)) {
    throw new UnfitSecretError(await explainUnfit(settings, loaded, fingerprint));
  }
  return { ring, source: loaded.source, isEarlier: fingerprint !== ring.fingerprint };
}

export function ringOf({ secret, previous }: ServerSecret): SecretRing {
  return new SecretRing({ current: secret, previous });
}

/**
 * Seals anew what an earlier secret has sealed, unless another server runs that may not have the new one.
 * Undefined where there was nothing to look for; `others` where others run.
 */
export async function resealAtStart(
  secrets: OpenedSecrets,
  store: SecretStore,
): Promise<Resealed | 'others' | undefined> {
  if (secrets.ring.previous.length === 0) return undefined;
  if (secrets.isEarlier && (await countOthers(store, 0)) > 0) return 'others';
  return await store.execute(
    'resealModels',
    { secrets: secrets.ring.secrets, isLost: false },
    originWithoutRequest('server', null, Date.now()),
  );
}

/** How many servers run on the store besides `own` ones of this process. On SQLite there are no others. */
export async function countOthers(
  { engine, reads }: { readonly engine: StoreEngine; readonly reads: Database },
  own: 0 | 1,
): Promise<number> {
  return engine === 'sqlite' ? 0 : Math.max(0, (await countLeases(reads)) - own);
}

/** The secret of a store from before fingerprints. Undefined where none of the secrets opens anything of it. */
export function fingerprintOfSealed(ring: SecretRing, models: readonly SealedModel[]): string | undefined {
  const found = new Set<string>();
  for (const model of models) {
    for (const sealed of sealedValues(model)) {
      found.add(ring.openWhole(sealed, model.id)?.fingerprint ?? '');
    }
  }
  if (found.size === 0) return ring.fingerprint;
  // One that is not the current secret wins, so that all is sealed anew.
  return ring.fingerprints.toReversed().find((fingerprint) => found.has(fingerprint));
}

/**
 * Why the secret does not fit, in a sentence that says what to do.
 * @param stored the fingerprint of the store; undefined: it has none, and nothing that is sealed opens
 */
export async function explainUnfit(
  { dataDir, previousSecrets }: SecretSettings,
  { source, previous }: ServerSecret,
  stored: string | undefined,
): Promise<string> {
  const file = secretPath(dataDir);
  const earlier = [
    ...(previous.length > previousSecrets.length ? [`${file}.previous`] : []),
    ...(previousSecrets.length > 0 ? ['COLLOQUY_SECRET_PREVIOUS'] : []),
  ];
  const what = `${source === 'file' ? file : 'COLLOQUY_SECRET'} is not the secret that the data were written with`;
  const nor =
    earlier.length === 0
      ? ''
      : `, and ${earlier.join(' and ')} ${earlier.length === 1 ? 'does' : 'do'} not have it`;
  const inFile = source === 'file' ? undefined : await readSecretFile(file).catch(() => undefined);
  if (inFile !== undefined && fingerprintOf(inFile) === stored) {
    return `${what}${nor}, but ${file} is; leave COLLOQUY_SECRET unset, or set COLLOQUY_SECRET_PREVIOUS to what the file holds to replace it`;
  }
  const put = source === 'file' ? `put the right one into ${file}` : 'set COLLOQUY_SECRET to the right one';
  return `${what}${nor}; ${put}, or COLLOQUY_SECRET_PREVIOUS to it to go on with this one; if it is lost, run colloquy secrets reset`;
}
