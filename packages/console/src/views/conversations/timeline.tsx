/** When each answer of a conversation was asked for, began, and ended. */
import type { JSX } from 'preact';
import { useApi } from '../../api/api.ts';
import type { List } from '../../api/list.ts';
import { useRead } from '../../api/queries.ts';
import { formatDuration, formatNumber, formatTime } from '../../i18n/format.ts';
import { Pager, useCursor } from '../../parts/pager.tsx';
import { Loaded, Note } from '../../parts/states.tsx';
import { Table } from '../../parts/table.tsx';
import { Status } from './conversation-list.tsx';
import { conversationStrings } from './strings.ts';
import type { Conversation, Generation } from './types.ts';

/** How often it is read again while an answer is under way, in milliseconds. */
const liveMs = 1_500;

export function Timeline({ of: conversation }: { readonly of: Conversation }): JSX.Element {
  const strings = conversationStrings();
  const api = useApi();
  const cursor = useCursor();
  const isLive = conversation.status === 'queued' || conversation.status === 'running';
  const generations = useRead<List<Generation>>(api.admin('generations'), {
    query: { conversation_id: conversation.id, limit: 100, cursor },
    ...(isLive && { intervalMs: liveMs }),
  });
  return (
    <Loaded of={generations}>
      {({ data, next_cursor: next }) =>
        data.length === 0 ? (
          <Note>{strings.timelineEmpty}</Note>
        ) : (
          <>
            <Table
              label={strings.timeline}
              rows={data}
              keyOf={({ id }) => id}
              columns={[
                { title: strings.queuedAt, isMain: true, show: ({ created_at: at }) => formatTime(at) },
                { title: strings.model, show: ({ model }) => model.name },
                { title: strings.status, show: ({ status }) => <Status of={status} /> },
                {
                  title: strings.waited,
                  align: 'end',
                  show: ({ created_at: from, started_at: to }) => between(from, to),
                },
                {
                  title: strings.firstToken,
                  align: 'end',
                  show: ({ started_at: from, first_token_at: to }) => between(from, to),
                },
                {
                  title: strings.wrote,
                  align: 'end',
                  show: ({ first_token_at: from, finished_at: to }) => between(from, to),
                },
                {
                  title: strings.inAll,
                  align: 'end',
                  show: ({ created_at: from, finished_at: to }) => between(from, to),
                },
                {
                  title: strings.owner,
                  align: 'end',
                  show: ({ owner }) => (owner === null ? '–' : formatNumber(owner)),
                },
                { title: strings.retries, align: 'end', show: ({ retries }) => formatNumber(retries) },
                { title: strings.ended, show: ({ error }) => error?.message ?? '–' },
              ]}
            />
            <Pager next={next} />
          </>
        )
      }
    </Loaded>
  );
}

function between(from: string | null, to: string | null): string {
  return from === null || to === null ? '–' : formatDuration(Date.parse(to) - Date.parse(from));
}
