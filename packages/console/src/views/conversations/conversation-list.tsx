/** The list of all conversations of the organization. */
import type { JSX } from 'preact';
import { Link } from 'wouter-preact';
import { useApi } from '../../api/api.ts';
import { allOfThem, type List } from '../../api/list.ts';
import { useRead } from '../../api/queries.ts';
import { formatAgo, formatCompact, formatCost, formatNumber } from '../../i18n/format.ts';
import { Badge, Button, LinkButton, type Tone } from '../../parts/controls.tsx';
import { creatorText } from '../../parts/creators.ts';
import { Page, pageStyles } from '../../parts/page.tsx';
import { Pager, useCursor } from '../../parts/pager.tsx';
import { EmptyState, Loaded } from '../../parts/states.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { FilterBar, queryOf, useFilters } from './filters.tsx';
import { conversationStrings } from './strings.ts';
import type { Conversation, GenerationStatus, Named, PersonaReference } from './types.ts';

export function ConversationList(): JSX.Element {
  const strings = conversationStrings();
  const api = useApi();
  const filters = useFilters();
  const cursor = useCursor();
  const conversations = useRead<List<Conversation>>(api.admin('conversations'), {
    query: { ...queryOf(filters), environment: api.environment, cursor },
  });
  const personas = useRead<List<Named>>(api.admin('personas'), { query: { limit: allOfThem } });
  return (
    <Page
      title={strings.title}
      actions={
        <LinkButton href="/users" icon="members">
          {strings.users}
        </LinkButton>
      }
    >
      <FilterBar filters={filters} />
      <Loaded of={conversations}>
        {({ data, next_cursor: next }) => (
          <>
            {data.length === 0 && next === null ? (
              <EmptyState
                title={strings.emptyTitle}
                action={filters.areSet && <Button onClick={filters.clear}>{strings.clear}</Button>}
              >
                {filters.areSet ? strings.emptyFiltered : strings.empty}
              </EmptyState>
            ) : (
              <Table
                label={strings.title}
                rows={data}
                keyOf={({ id }) => id}
                columns={columnsOf(personas.data?.data ?? [])}
              />
            )}
            <Pager next={next} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function columnsOf(personas: readonly Named[]): readonly Column<Conversation>[] {
  const strings = conversationStrings();
  const nameOf = (persona: PersonaReference | null) =>
    persona === null ? '–' : (personas.find(({ id }) => id === persona.id)?.name ?? `#${persona.id}`);
  return [
    {
      title: strings.name,
      isMain: true,
      show: ({ id, title, snippet, message_id: hit, is_archived: isArchived }) => (
        <>
          <span class={pageStyles.row}>
            <Link href={hit ? `/${id}?message=${hit}` : `/${id}`}>{title || strings.untitled}</Link>
            {isArchived && <Badge>{strings.archivedBadge}</Badge>}
          </span>
          {snippet !== undefined && <small class={pageStyles.dim}>{snippet}</small>}
        </>
      ),
    },
    { title: strings.who, show: (conversation) => <Partner of={conversation} /> },
    { title: strings.persona, show: ({ persona }) => nameOf(persona) },
    { title: strings.model, show: ({ model_name: model }) => model ?? '–' },
    { title: strings.messages, align: 'end', show: ({ messages }) => formatNumber(messages) },
    { title: strings.tokens, align: 'end', show: ({ total_tokens: tokens }) => formatCompact(tokens) },
    {
      title: strings.cost,
      align: 'end',
      show: ({ cost }) => (cost === null ? strings.noPrice : formatCost(cost)),
    },
    { title: strings.lastActivity, show: ({ updated_at: at }) => formatAgo(at) },
    { title: strings.status, show: ({ status }) => <Status of={status} /> },
  ];
}

/** With whom it is: an end user, who has a page, or whoever else began it. */
export function Partner({ of }: { readonly of: Conversation }): JSX.Element {
  if (of.user_id === null) return <span>{creatorText(of.created_by)}</span>;
  return <Link href={userPath(of.user_id)}>{of.user_id}</Link>;
}

/** Ids of end users are any texts: they stand in the query. */
export function userPath(userId: string): string {
  return `/user?id=${encodeURIComponent(userId)}`;
}

const tones: Readonly<Record<GenerationStatus, Tone>> = {
  queued: 'accent',
  running: 'accent',
  done: 'good',
  failed: 'danger',
  cancelled: 'plain',
  interrupted: 'warn',
};

export function Status({ of: status }: { readonly of: GenerationStatus | null }): JSX.Element {
  if (status === null) return <span>–</span>;
  return <Badge tone={tones[status]}>{conversationStrings().statuses[status]}</Badge>;
}
