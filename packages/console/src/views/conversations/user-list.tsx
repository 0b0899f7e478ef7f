/** The end users of the organization. */
import type { JSX } from 'preact';
import { Link } from 'wouter-preact';
import { useApi } from '../../api/api.ts';
import type { List } from '../../api/list.ts';
import { useRead } from '../../api/queries.ts';
import { formatAgo, formatCompact, formatCost, formatDay, formatNumber } from '../../i18n/format.ts';
import { Page, pageStyles } from '../../parts/page.tsx';
import { Pager, useCursor } from '../../parts/pager.tsx';
import { EmptyState, Loaded } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { useUrlState } from '../../state/url-state.ts';
import { userPath } from './conversation-list.tsx';
import { Typed } from './filters.tsx';
import { conversationStrings } from './strings.ts';
import type { EndUser } from './types.ts';

export function UserList(): JSX.Element {
  const strings = conversationStrings();
  const api = useApi();
  const cursor = useCursor();
  const [q, setQ] = useUrlState('q');
  const users = useRead<List<EndUser>>(api.admin('users'), {
    query: { q, environment: api.environment, cursor },
  });
  return (
    <Page title={strings.users} back={{ href: '/', label: strings.title }}>
      <search class={pageStyles.filters}>
        <Typed label={strings.userSearch} value={q} onSettled={(value) => setQ(value, { cursor: '' })} />
      </search>
      <Loaded of={users}>
        {({ data, next_cursor: next }) => (
          <>
            {data.length === 0 && next === null ? (
              <EmptyState title={strings.usersEmptyTitle}>
                {q === '' ? strings.usersEmpty : strings.notThere}
              </EmptyState>
            ) : (
              <Table
                label={strings.users}
                rows={data}
                keyOf={({ id }) => id}
                columns={[
                  {
                    title: strings.user,
                    isMain: true,
                    show: ({ user_id: id }) => <Link href={userPath(id)}>{id}</Link>,
                  },
                  {
                    title: strings.conversationCount,
                    align: 'end',
                    show: ({ conversations }) => formatNumber(conversations),
                  },
                  { title: strings.requests, align: 'end', show: ({ requests }) => formatNumber(requests) },
                  { title: strings.errors, align: 'end', show: ({ errors }) => formatNumber(errors) },
                  {
                    title: strings.tokens,
                    align: 'end',
                    show: ({ total_tokens: tokens }) => formatCompact(tokens),
                  },
                  { title: strings.cost, align: 'end', show: ({ cost }) => formatCost(cost) },
                  { title: strings.since, show: ({ created_at: at }) => formatDay(at) },
                  {
                    title: strings.lastActive,
                    show: ({ last_active_at: at }) => (at === null ? strings.neverActive : formatAgo(at)),
                  },
                ]}
              />
            )}
            <Pager next={next} />
          </>
        )}
      </Loaded>
    </Page>
  );
}
