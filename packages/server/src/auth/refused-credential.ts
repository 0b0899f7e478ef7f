/** A credential that was good once, or that is signed by this server: whose it was is known. */
import type { AuditActor } from '../domain/audit/trail.ts';
import { AppError } from '../domain/errors.ts';

export interface Holder {
  /** Null: an operator's, which belongs to none. */
  readonly organizationId: string | null;
  readonly actor: AuditActor;
  /** The key that the credential is, or belongs to. */
  readonly keyId: string | null;
}

export class RefusedCredential extends AppError {
  readonly holder: Holder;

  constructor(message: string, holder: Holder) {
    super('unauthenticated', message);
    this.holder = holder;
  }
}

export function refusedKey({ id, organizationId }: { id: string; organizationId: string }): Holder {
  return { organizationId, actor: { kind: 'key', id }, keyId: id };
}
