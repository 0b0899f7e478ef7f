/** What somebody who saves a budget has to know: which models it does not bound. */
import type { Limits } from '../../domain/limits/limits.ts';
import type { OrganizationScope } from '../../domain/scope.ts';
import { readUnpricedModels } from '../../store/queries/models.ts';
import type { Database } from '../../store/store.ts';

/** At most so many models are named. */
const maxNamed = 20;

/** A sentence for each active model without prices, where a budget is among the limits. */
export async function budgetWarnings(
  reads: Database,
  scope: OrganizationScope,
  ...limits: readonly (Limits | undefined)[]
): Promise<{ readonly warnings?: string[] }> {
  if (limits.every((one) => one?.budget_per_month === undefined)) return {};
  const names = await readUnpricedModels(reads, scope, maxNamed + 1);
  if (names.length === 0) return {};
  const warnings = names
    .slice(0, maxNamed)
    .map(
      (name) => `the model ${JSON.stringify(name)} has no prices, so its calls count 0 in budget_per_month`,
    );
  if (names.length > maxNamed) warnings.push('more models have no prices');
  return { warnings };
}
