/** The resources of the administration that this view reads. */
import type { Limits } from '../../forms/limits.ts';
import type { Creator } from '../../parts/creators.ts';

export interface Key {
  readonly id: string;
  readonly name: string;
  readonly type: 'prod' | 'test' | 'admin';
  readonly prefix: string;
  readonly default_persona_id: number | null;
  readonly personas: readonly number[] | null;
  readonly expires_at: string | null;
  readonly allowed_origins: readonly string[] | null;
  readonly limits: Limits;
  readonly end_user_limits: Limits;
  readonly consumed: Limits;
  readonly created_at: string;
  readonly last_used_at: string | null;
  readonly revoked_at: string | null;
  readonly previous_secret_until: string | null;
  readonly created_by: Creator | null;
  readonly warnings?: readonly string[];
}

export interface NewKey extends Key {
  /** The whole key, this once. */
  readonly key?: string;
}

export interface Persona {
  readonly id: number;
  readonly name: string;
  readonly alias: string;
  /** Whether a version is in production. */
  readonly has_active: boolean;
}
