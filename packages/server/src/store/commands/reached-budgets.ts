/** Notes that budgets are reached, once a month for each subject. A trigger (migration 0022) then tells the webhooks. */
import { sql } from 'kysely';
import { type SubjectLimits, subjectName, utcMonth } from '../../domain/limits/limits.ts';
import type { Environment } from '../../domain/scope.ts';
import type { CommandContext } from '../command-context.ts';

export interface NoteBudgetReached {
  readonly subject: Pick<SubjectLimits, 'subject' | 'id'>;
  /** Of the call that was refused. */
  readonly environment: Environment;
  readonly now: number;
}

/** Does nothing where no webhook wants to know it. What was spent notes itself; this is for calls that were refused. */
export async function noteBudgetReached({ db }: CommandContext, args: NoteBudgetReached): Promise<null> {
  const month = utcMonth(args.now);
  await db
    .updateTable('consumption')
    .set({ reached_month: month, reached_environment: args.environment })
    .where('subject', '=', subjectName(args.subject))
    .where((eb) => eb.or([eb('reached_month', 'is', null), eb('reached_month', '<>', month)]))
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('webhook')
          .select('webhook.id')
          .whereRef('webhook.organization_id', '=', 'consumption.organization_id')
          .where('is_active', '=', 1)
          .where('events', 'like', sql.lit('%"budget.reached"%')),
      ),
    )
    .execute();
  return null;
}
