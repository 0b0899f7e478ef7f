/** Passkeys of accounts. */
import type { Database } from '../tables.ts';
import type { PasskeyTable } from './account-tables.ts';

export interface PasskeyRecord {
  readonly id: string;
  readonly accountId: string;
  /** As base64url. */
  readonly credentialId: string;
  /** The host name that it was made for. */
  readonly rpId: string;
  /** A COSE key, as base64url. */
  readonly publicKey: string;
  /** How often it was used, as it says itself; 0: it does not count. */
  readonly counter: number;
  /** How a browser may reach it. */
  readonly transports: readonly string[];
  /** Whether it is kept elsewhere too, as by a password manager. */
  readonly isBackedUp: boolean;
  readonly name: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds; null: never. */
  readonly lastUsedAt: number | null;
}

function toPasskey(row: PasskeyTable): PasskeyRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    credentialId: row.credential_id,
    rpId: row.rp_id,
    publicKey: row.public_key,
    counter: row.counter,
    transports: JSON.parse(row.transports),
    isBackedUp: row.is_backed_up === 1,
    name: row.name,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  };
}

/** The oldest first. */
export async function listPasskeys(db: Database, accountId: string): Promise<readonly PasskeyRecord[]> {
  const query = db.selectFrom('passkey').selectAll().where('account_id', '=', accountId).orderBy('id');
  return (await query.execute()).map(toPasskey);
}

/** @param credentialId as base64url */
export async function findPasskey(db: Database, credentialId: string): Promise<PasskeyRecord | undefined> {
  const query = db.selectFrom('passkey').selectAll().where('credential_id', '=', credentialId);
  const row = await query.executeTakeFirst();
  return row && toPasskey(row);
}
