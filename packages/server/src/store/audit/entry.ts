/** Writes rows of the audit trail. */
import type { AuditActor, AuditRecord } from '../../domain/audit/trail.ts';
import type { CommandContext } from '../command-context.ts';
import type { Database } from '../tables.ts';

const tablesOfActors = { key: 'api_key', member: 'member', account: 'account' } as const;

/** The name of a key, a member or an account, as it is now. */
export async function nameOfActor(db: Database, { kind, id }: AuditActor): Promise<string | null> {
  if (id === null || (kind !== 'key' && kind !== 'member' && kind !== 'account')) return null;
  const named = db.selectFrom(tablesOfActors[kind]).select('name');
  return (await named.where('id', '=', id).executeTakeFirst())?.name ?? null;
}

/** Writes a row; none into the trail of an organization that is gone, since nothing would ever take it out again. */
export async function insertAudit({ db, engine }: CommandContext, record: AuditRecord): Promise<void> {
  const { organizationId, actor, subject } = record;
  if (organizationId !== null) {
    const query = db.selectFrom('organization').select('id').where('id', '=', organizationId);
    const found = await (engine === 'postgres' ? query.forKeyShare() : query).executeTakeFirst();
    if (found === undefined) return;
  }
  await db
    .insertInto('audit')
    .values({
      id: record.id,
      organization_id: organizationId,
      at: record.at,
      actor_kind: actor.kind,
      actor_id: actor.id,
      actor_name: actor.name,
      address: record.address,
      request_id: record.requestId,
      action: record.action,
      subject_kind: subject.kind,
      subject_id: subject.id,
      values_before: record.before && JSON.stringify(record.before),
      values_after: record.after && JSON.stringify(record.after),
      refusals: record.count,
    })
    .execute();
}
