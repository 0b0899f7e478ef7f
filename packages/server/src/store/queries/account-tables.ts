/** The tables of members and of the accounts by which people sign in. Rows are as in `../tables.ts`. */
import type { LinkPurpose, SignInMethod } from '../../domain/accounts/account.ts';
import type { Role } from '../../domain/organization.ts';

export interface MemberTable {
  id: string;
  organization_id: string;
  name: string;
  email: string;
  role: Role;
  created_at: number;
  updated_at: number;
  /** The account of the person; null: the member can't sign in. */
  account_id: string | null;
}
export interface AccountTable {
  id: string;
  /** In lower case; of one account only. */
  email: string;
  name: string;
  /** The hash of the password, with its parameters; null: there is none. */
  password: string | null;
  is_operator: 0 | 1;
  last_seen_at: number | null;
  created_at: number;
  updated_at: number;
}
export interface SignInSessionTable {
  id: string;
  /** SHA-256, hex, of what the browser bears. */
  hash: string;
  account_id: string;
  method: SignInMethod;
  /** Where it began, and in which browser, as far as that is known. */
  address: string | null;
  user_agent: string | null;
  created_at: number;
  last_used_at: number;
}
export interface SignInLinkTable {
  id: string;
  /** SHA-256, hex, of the link's token. */
  hash: string;
  purpose: LinkPurpose;
  /** Whose account it is for; null: whoever sets the server up says so. */
  email: string | null;
  organization_id: string | null;
  /** Of an invitation into an organization. */
  role: Role | null;
  created_at: number;
  expires_at: number;
  /** The account of who has made it; null: whoever runs the server. */
  made_by: string | null;
}
/** Whom an OpenID provider knows by this subject. */
export interface IdentityTable {
  issuer: string;
  subject: string;
  account_id: string;
  created_at: number;
}
/** A passkey of an account, bound to a host name. */
export interface PasskeyTable {
  id: string;
  account_id: string;
  /** As base64url; of one passkey only. */
  credential_id: string;
  /** The host name that it was made for. */
  rp_id: string;
  /** A COSE key, as base64url. */
  public_key: string;
  /** How often it was used, as it says itself; 0: it does not count. */
  counter: number;
  /** JSON: how a browser may reach it. */
  transports: string;
  is_backed_up: 0 | 1;
  name: string;
  created_at: number;
  last_used_at: number | null;
}
/** A challenge that was used up. */
export interface UsedChallengeTable {
  /** SHA-256, hex. */
  hash: string;
  expires_at: number;
}

export interface AccountTables {
  member: MemberTable;
  account: AccountTable;
  sign_in_session: SignInSessionTable;
  sign_in_link: SignInLinkTable;
  identity: IdentityTable;
  passkey: PasskeyTable;
  used_challenge: UsedChallengeTable;
}
