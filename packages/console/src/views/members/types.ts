/** What this view reads of the server. */
import type { Role } from '../../api/session.ts';

export interface Member {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  /** Whether the member has an account of the console. */
  readonly can_sign_in: boolean;
  readonly last_seen_at: string | null;
  /** In how many browsers the member is signed in. */
  readonly sessions: number;
  readonly created_at: string;
}

export interface Account {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly operator: boolean;
  readonly has_password: boolean;
  readonly last_seen_at: string | null;
  /** In how many browsers the person is signed in. */
  readonly sessions: number;
}

export interface SignInLink {
  readonly url: string;
  readonly expires_at: string;
}

export interface OrganizationResource {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
}
