/** How much of the budgets is used, and when they begin anew. */
import type { JSX } from 'preact';
import { limitName } from '../../forms/limit-strings.ts';
import { UsedLimits } from '../../forms/limits-field.tsx';
import { formatAgo, formatPercent, formatTime } from '../../i18n/format.ts';
import { Card, pageStyles } from '../../parts/page.tsx';
import type { Budget } from './budget.ts';
import { usageStrings } from './strings.ts';

export interface BudgetsProps {
  readonly of: readonly Budget[];
  /** The key whose budgets these are; undefined: the organization's. */
  readonly keyName: string | undefined;
}

export function Budgets({ of: budgets, keyName }: BudgetsProps): JSX.Element | null {
  const strings = usageStrings();
  if (budgets.length === 0) return null;
  const byName = (figure: (budget: Budget) => number) =>
    Object.fromEntries(budgets.map((budget) => [budget.name, figure(budget)]));
  return (
    <Card title={keyName === undefined ? strings.budgets : strings.budgetsOf(keyName)}>
      <UsedLimits limits={byName(({ limit }) => limit)} consumed={byName(({ used }) => used)} />
      <ul>
        {budgets.map(({ name, limit, used, renewed }) => (
          <li key={name}>
            {strings.renewed(
              limitName(name),
              formatPercent(limit > 0 ? used / limit : 1),
              formatTime(renewed),
              formatAgo(renewed),
            )}
          </li>
        ))}
      </ul>
      <p class={pageStyles.dim}>{keyName === undefined ? strings.budgetsCount : strings.keyBudgetsCount}</p>
    </Card>
  );
}
