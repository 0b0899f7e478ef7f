/** Measures the messages and images that subjects of limits have stored; from then on triggers (migrations 0020 and 0021) keep the count. */
import { sql } from 'kysely';
import type { LimitSubject } from '../../domain/limits/limits.ts';
import type { Database } from '../tables.ts';

/** What a subject has stored, from its messages and images themselves. */
export async function sumBytes(
  db: Database,
  organizationId: string,
  { subject, id }: { readonly subject: LimitSubject; readonly id: string },
): Promise<number> {
  const own = {
    organization: sql`organization_id = ${organizationId}`,
    key: sql`organization_id = ${organizationId} and api_key_id = ${id}`,
    end_user: sql`conversation_id in (
      select id from conversation where organization_id = ${organizationId} and end_user_id = ${id})`,
  }[subject];
  const { rows } = await sql<{ bytes: number | string | null }>`
    select coalesce((select sum(octet_length(text)) from message where ${own}), 0)
      + coalesce((select sum(octet_length(data)) from file where ${own}), 0) as bytes`.execute(db);
  return Number(rows[0]?.bytes ?? 0);
}
