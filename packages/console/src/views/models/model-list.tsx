/** The list of models. */
import type { JSX } from 'preact';
import { Link } from 'wouter-preact';
import { useApi } from '../../api/api.ts';
import { allOfThem, type List } from '../../api/list.ts';
import { useRead } from '../../api/queries.ts';
import { formatCompact, formatCost, formatDuration } from '../../i18n/format.ts';
import { Badge, LinkButton } from '../../parts/controls.tsx';
import { Page } from '../../parts/page.tsx';
import { EmptyState, Loaded } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { modelStrings } from './strings.ts';
import type { Model } from './types.ts';

export function ModelList(): JSX.Element {
  const strings = modelStrings();
  const api = useApi();
  const models = useRead<List<Model>>(api.admin('models'), { query: { limit: allOfThem } });
  const add = (
    <LinkButton href="/add" icon="plus" look="primary">
      {strings.add}
    </LinkButton>
  );
  return (
    <Page title={strings.title} actions={add}>
      <Loaded of={models}>
        {({ data }) =>
          data.length === 0 ? (
            <EmptyState title={strings.emptyTitle} action={add}>
              {strings.empty}
            </EmptyState>
          ) : (
            <Table
              label={strings.title}
              rows={data}
              keyOf={({ id }) => id}
              columns={[
                {
                  title: strings.name,
                  isMain: true,
                  show: ({ id, name }) => <Link href={`/${id}`}>{name}</Link>,
                },
                { title: strings.provider, show: ({ provider, preset }) => preset ?? provider },
                { title: strings.state, show: (model) => <ModelState model={model} /> },
                { title: strings.context, align: 'end', show: contextOf },
                { title: strings.prices, align: 'end', show: pricesOf },
                { title: strings.lastTest, show: (model) => <LastTest model={model} /> },
                { title: strings.lastDay, align: 'end', show: (model) => <LastDay model={model} /> },
              ]}
            />
          )
        }
      </Loaded>
    </Page>
  );
}

export function ModelState({ model }: { readonly model: Model }): JSX.Element {
  const strings = modelStrings();
  return model.is_active ? (
    <Badge tone="good">{strings.active}</Badge>
  ) : (
    <Badge tone="warn">{strings.inactive}</Badge>
  );
}

export function contextOf({ context_window: tokens, context_window_source: source }: Model): string {
  const strings = modelStrings();
  if (tokens === null) return strings.assumed;
  return source === 'assumed' ? `${formatCompact(tokens)} (${strings.assumed})` : formatCompact(tokens);
}

export function pricesOf({ prices }: Model): string {
  const strings = modelStrings();
  if (prices === null) return strings.noPrices;
  return strings.inOut(formatCost(prices.input), formatCost(prices.output));
}

export function LastTest({ model }: { readonly model: Model }): JSX.Element {
  const strings = modelStrings();
  const { last_test: test } = model;
  if (test === null) return <span>{strings.neverTested}</span>;
  return test.ok ? (
    <Badge tone="good">{strings.answeredIn(formatDuration(test.latency_ms))}</Badge>
  ) : (
    <Badge tone="danger">{strings.failed}</Badge>
  );
}

export function LastDay({ model }: { readonly model: Model }): JSX.Element {
  const strings = modelStrings();
  const { calls, errors } = model.last_day;
  if (calls === 0) return <span>{strings.noCalls}</span>;
  return <span>{strings.callsAndErrors(calls, errors)}</span>;
}
