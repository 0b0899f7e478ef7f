/** Reads what depends on the server's secret: its fingerprint, and what is sealed under it of models and webhooks. */
import type { Database } from '../tables.ts';

/** The name, in `setting`, of the fingerprint of the secret under which the store's values are sealed. */
export const secretSetting = 'secret_fingerprint';

/** Undefined in a store that no server with fingerprints has started on yet. */
export async function readSecretFingerprint(db: Database): Promise<string | undefined> {
  return (await secretFingerprintRow(db).executeTakeFirst())?.value;
}

export function secretFingerprintRow(db: Database) {
  return db.selectFrom('setting').select('value').where('name', '=', secretSetting);
}

/** The sealed values of a model; each was sealed for the model's id. */
export interface SealedModel {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly apiKey: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

export function sealedValues({ apiKey, headers, query }: SealedModel): readonly string[] {
  return [...(apiKey === null ? [] : [apiKey]), ...Object.values(headers), ...Object.values(query)];
}

/** The models that have a sealed value, in the order of their ids. */
export async function listSealedModels(db: Database): Promise<readonly SealedModel[]> {
  const rows = await sealedModelRows(db).execute();
  return rows.map(({ id, organization_id, name, api_key_encrypted, headers, query }) => ({
    id,
    organizationId: organization_id,
    name,
    apiKey: api_key_encrypted,
    headers: parse(headers),
    query: parse(query),
  }));
}

export function sealedModelRows(db: Database) {
  return db
    .selectFrom('model')
    .select(['id', 'organization_id', 'name', 'api_key_encrypted', 'headers', 'query'])
    .where((eb) =>
      eb.or([
        eb('api_key_encrypted', 'is not', null),
        eb('headers', 'is not', null),
        eb('query', 'is not', null),
      ]),
    )
    .orderBy('id');
}

/** The secret of a webhook, sealed for its id. */
export interface SealedWebhook {
  readonly id: string;
  readonly organizationId: string;
  readonly url: string;
  readonly secret: string;
}

/** The webhooks, in the order of their ids. */
export async function listSealedWebhooks(db: Database): Promise<readonly SealedWebhook[]> {
  const rows = await sealedWebhookRows(db).execute();
  return rows.map(({ id, organization_id, url, secret_encrypted }) => ({
    id,
    organizationId: organization_id,
    url,
    secret: secret_encrypted,
  }));
}

export function sealedWebhookRows(db: Database) {
  return db.selectFrom('webhook').select(['id', 'organization_id', 'url', 'secret_encrypted']).orderBy('id');
}

function parse(json: string | null): Readonly<Record<string, string>> {
  return json === null ? {} : (JSON.parse(json) as Readonly<Record<string, string>>);
}
