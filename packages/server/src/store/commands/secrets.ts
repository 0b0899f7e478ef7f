/** Keeps what is sealed, and the fingerprint of the secret, together. */
import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../domain/errors.ts';
import { type RingSecrets, SecretRing } from '../../domain/secrets/secret-ring.ts';
import { type CommandContext, forUpdate } from '../command-context.ts';
import {
  listSealedModels,
  listSealedWebhooks,
  readSecretFingerprint,
  type SealedModel,
  type SealedWebhook,
  sealedModelRows,
  sealedWebhookRows,
  secretFingerprintRow,
  secretSetting,
} from '../queries/secrets.ts';

/** Gives the store's fingerprint of the secret; the first call sets it. */
export async function nameSecret(
  { db }: CommandContext,
  args: { readonly fingerprint: string },
): Promise<{ readonly fingerprint: string }> {
  await db
    .insertInto('setting')
    .values({ name: secretSetting, value: args.fingerprint })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  return { fingerprint: (await readSecretFingerprint(db)) ?? args.fingerprint };
}

export interface ResealModels {
  readonly secrets: RingSecrets;
  /** Whether the secret of the store is lost: what none of the secrets opens is removed. Otherwise it stays as it is. */
  readonly isLost: boolean;
}

export interface Resealed {
  /** Whether the store had another secret before. */
  readonly isAnother: boolean;
  /** How many models have values that were sealed anew, or removed. */
  readonly changed: number;
  /** Models with a value that none of the secrets opens. */
  readonly unreadable: readonly Pick<SealedModel, 'id' | 'organizationId' | 'name'>[];
  readonly webhooks: ResealedWebhooks;
}

export interface ResealedWebhooks {
  /** How many had their secrets sealed anew, or were removed. */
  readonly changed: number;
  /** Those whose secret none of the secrets opens. */
  readonly unreadable: readonly Omit<SealedWebhook, 'secret'>[];
}

/**
 * Seals everything under the current secret and makes it the secret of the store.
 * @throws AppError conflict, where the store has a secret that is not among them and not lost
 */
export async function resealModels(
  context: CommandContext,
  { secrets, isLost }: ResealModels,
): Promise<Resealed> {
  const { db } = context;
  const ring = new SecretRing(secrets);
  // In the order of whoever writes a model: its row, then the setting.
  await forUpdate(context, sealedModelRows(db)).execute();
  await forUpdate(context, sealedWebhookRows(db)).execute();
  await forUpdate(context, secretFingerprintRow(db)).execute();
  const stored = await readSecretFingerprint(db);
  if (!isLost && stored !== undefined && !ring.fingerprints.includes(stored)) {
    throw new AppError('conflict', 'the secret of the database was replaced by another server');
  }
  let changed = 0;
  const unreadable: Resealed['unreadable'][number][] = [];
  // A model that was being written until the lock is seen only by this second look.
  for (const model of await listSealedModels(db)) {
    const { after, isReadable } = sealAnew(ring, model, isLost);
    const { id, organizationId, name } = model;
    if (!isReadable) unreadable.push({ id, organizationId, name });
    if (isDeepStrictEqual(model, after)) continue;
    changed += 1;
    await db
      .updateTable('model')
      .set({
        api_key_encrypted: after.apiKey,
        headers: toJson(after.headers),
        query: toJson(after.query),
      })
      .where('id', '=', id)
      .execute();
  }
  const webhooks = await resealWebhooks(context, ring, isLost);
  const value = ring.fingerprint;
  await db
    .insertInto('setting')
    .values({ name: secretSetting, value })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
    .execute();
  return { isAnother: stored !== value, changed, unreadable, webhooks };
}

/** A webhook without its secret is of no use, so it goes where that is lost. */
async function resealWebhooks(
  { db }: CommandContext,
  ring: SecretRing,
  isLost: boolean,
): Promise<ResealedWebhooks> {
  let changed = 0;
  const unreadable: ResealedWebhooks['unreadable'][number][] = [];
  for (const { secret, ...webhook } of await listSealedWebhooks(db)) {
    const { id } = webhook;
    const opened = ring.openWhole(secret, id);
    if (opened === undefined) {
      unreadable.push(webhook);
      if (!isLost) continue;
      changed += 1;
      await db.deleteFrom('webhook').where('id', '=', id).execute();
      await db.insertInto('deleted_webhook').values({ id }).execute();
      continue;
    }
    if (opened.fingerprint === ring.fingerprint) continue;
    changed += 1;
    const sealed = { secret_encrypted: ring.seal(opened.text, id) };
    await db.updateTable('webhook').set(sealed).where('id', '=', id).execute();
  }
  return { changed, unreadable };
}

function sealAnew(
  ring: SecretRing,
  model: SealedModel,
  isLost: boolean,
): { readonly after: SealedModel; readonly isReadable: boolean } {
  let isReadable = true;
  const one = (sealed: string): string | null => {
    const opened = ring.openWhole(sealed, model.id);
    if (opened === undefined) {
      isReadable = false;
      return isLost ? null : sealed;
    }
    return opened.fingerprint === ring.fingerprint ? sealed : ring.seal(opened.text, model.id);
  };
  const all = (values: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
    Object.fromEntries(
      Object.entries(values).flatMap(([name, sealed]) => {
        const value = one(sealed);
        return value === null ? [] : [[name, value]];
      }),
    );
  const after = {
    ...model,
    apiKey: model.apiKey === null ? null : one(model.apiKey),
    headers: all(model.headers),
    query: all(model.query),
  };
  return { after, isReadable };
}

function toJson(values: Readonly<Record<string, string>>): string | null {
  return Object.keys(values).length === 0 ? null : JSON.stringify(values);
}

/**
 * For whoever stores a sealed value, whose secret must not have been replaced meanwhile. `secrets` are the fingerprints
 * that its server has.
 * @throws AppError conflict
 */
export async function requirePresentSecret(
  { db, engine }: CommandContext,
  secrets: readonly string[] | undefined,
): Promise<void> {
  if (secrets === undefined) return;
  const query = secretFingerprintRow(db);
  const row = await (engine === 'postgres' ? query.forShare() : query).executeTakeFirst();
  if (row === undefined || secrets.includes(row.value)) return;
  throw new AppError(
    'conflict',
    'the secret of the server was replaced meanwhile; send the request again, to a server that has the new one',
  );
}
