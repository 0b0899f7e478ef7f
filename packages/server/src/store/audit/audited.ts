/** Runs a command and writes its row of the audit trail, in one transaction. */
import type { AuditOrigin } from '../../domain/audit/trail.ts';
import { defaultSettings } from '../../domain/organization.ts';
import type { CommandContext } from '../command-context.ts';
import type { CommandArgs, CommandName, CommandResult } from '../commands/registry.ts';
import { type AuditedRow, type AuditedTable, differences } from './columns.ts';
import { insertAudit, nameOfActor } from './entry.ts';
import { auditRuleOf } from './rules.ts';

/**
 * A command that throws leaves no row, and one that changed nothing neither.
 * @throws Error for a command without a rule, besides what the command throws
 */
export async function runAudited<N extends CommandName>(
  context: CommandContext,
  name: N,
  args: CommandArgs<N>,
  origin: AuditOrigin,
  run: () => Promise<CommandResult<N>>,
): Promise<CommandResult<N>> {
  const rule = auditRuleOf(name);
  if (rule === null) throw new Error(`${name} has no place in the audit trail`);
  const { action, subject, table } = rule;
  // Whoever removes or renames themselves is named as they were.
  const actorName = await nameOfActor(context.db, origin.actor);
  const before = table && (await readRow(context, table, rule.id(args)));
  const result = await run();
  const id = rule.id(args, result) ?? null;
  const changed = table && differences(table, before, await readRow(context, table, id));
  const said = rule.says?.(args, result) ?? null;
  if ((changed?.before ?? changed?.after ?? said) === null) return result;
  await insertAudit(context, {
    ...origin,
    organizationId: rule.organization === undefined ? origin.organizationId : rule.organization(args),
    // Who began to be there is named as they are now.
    actor: { ...origin.actor, name: actorName ?? (await nameOfActor(context.db, origin.actor)) },
    action: typeof action === 'function' ? action(args) : action,
    subject: {
      kind: typeof subject === 'function' ? subject(args) : subject,
      id: id === null ? null : String(id),
    },
    before: changed?.before ?? null,
    after: changed?.after && said ? { ...changed.after, ...said } : (changed?.after ?? said),
    count: null,
  });
  return result;
}

/** Reads a row and keeps it from being changed by others until the commit. */
async function readRow(
  { db, engine }: CommandContext,
  table: AuditedTable,
  id: string | number | null | undefined,
): Promise<AuditedRow | undefined> {
  if (id === null || id === undefined) return undefined;
  const key = table === 'organization_settings' ? 'organization_id' : 'id';
  const query = db
    .selectFrom(table as 'member')
    .selectAll()
    .where(key as 'id', '=', String(id));
  const row = await (engine === 'postgres' ? query.forNoKeyUpdate() : query).executeTakeFirst();
  return (row as AuditedRow | undefined) ?? absent[table];
}

/** What is as good as no row: an organization that has set nothing has none. */
const absent: { readonly [Table in AuditedTable]?: AuditedRow } = {
  organization_settings: {
    internet: defaultSettings.internet,
    end_user_conversations: defaultSettings.endUserConversations,
    limits: JSON.stringify(defaultSettings.limits),
    end_user_limits: JSON.stringify(defaultSettings.endUserLimits),
  },
};
