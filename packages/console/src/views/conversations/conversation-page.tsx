/** One conversation: what was said, as JSON, and when; and what can be done with it. */
import { Tabs } from '@colloquy/ui/controls';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { type Api, useApi } from '../../api/api.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { formatCost, formatNumber, formatTime } from '../../i18n/format.ts';
import { Badge, Button, SelectField } from '../../parts/controls.tsx';
import { creatorText } from '../../parts/creators.ts';
import { Confirm } from '../../parts/dialog.tsx';
import { LoadedPage } from '../../parts/loaded-page.tsx';
import { Menu } from '../../parts/menu.tsx';
import { Card, Code, Facts, Page } from '../../parts/page.tsx';
import { fileName, saveFile } from '../../parts/save-file.ts';
import { ErrorState, Loading, Note } from '../../parts/states.tsx';
import { tell } from '../../parts/toasts.tsx';
import { useUrlState } from '../../state/url-state.ts';
import { Partner, Status } from './conversation-list.tsx';
import styles from './conversations.module.css';
import { readMessages, toJsonLines, toMarkdown } from './export.ts';
import { Reader } from './reader.tsx';
import { conversationStrings } from './strings.ts';
import { Timeline } from './timeline.tsx';
import type { Conversation, ConversationWithSessions, Message } from './types.ts';

/** How often what is under way is looked at again, in milliseconds. */
export const liveMs = 1_500;

export const isLive = ({ status }: Pick<Conversation, 'status'>): boolean =>
  status === 'queued' || status === 'running';

export function ConversationPage({ id }: { readonly id: string }): JSX.Element {
  const api = useApi();
  const [wasLive, setLive] = useState(false);
  const conversation = useRead<ConversationWithSessions>(
    api.admin(`conversations/${encodeURIComponent(id)}`),
    wasLive ? { intervalMs: liveMs } : {},
  );
  const live = conversation.data !== undefined && isLive(conversation.data);
  if (live !== wasLive) setLive(live);
  return (
    <LoadedPage of={conversation} back={{ href: '/', label: conversationStrings().title }}>
      {(data) => <Shown key={data.id} of={data} />}
    </LoadedPage>
  );
}

const views = ['reader', 'timeline', 'json'] as const;
type View = (typeof views)[number];

function Shown({ of: conversation }: { readonly of: ConversationWithSessions }): JSX.Element {
  const strings = conversationStrings();
  const api = useApi();
  const [view, setView] = useUrlState('view', 'reader');
  const [asked, setSession] = useUrlState('session');
  const sessions = conversation.session_list;
  const session = sessions.find(({ id }) => id === asked) ?? sessions.at(-1);
  return (
    <Page
      title={conversation.title || strings.untitled}
      back={{ href: '/', label: strings.title }}
      badges={
        <>
          {conversation.status !== null && <Status of={conversation.status} />}
          {conversation.is_archived && <Badge>{strings.archivedBadge}</Badge>}
        </>
      }
      actions={api.isMember && <Actions of={conversation} />}
    >
      <About of={conversation} />
      {sessions.length > 1 && (
        <SelectField
          label={strings.sessions}
          value={session?.id ?? ''}
          onChange={(value) => setSession(value, { message: '', leaf: '' })}
          choices={sessions.map(({ id, created_at: at }, index) => ({
            value: id,
            label: strings.session(index + 1, formatTime(at)),
          }))}
        />
      )}
      <Tabs
        label={strings.title}
        tabs={views.map((id) => ({ id, label: strings[id] }))}
        selected={views.includes(view as View) ? view : 'reader'}
        onSelect={(next) => setView(next)}
      >
        <div class={styles.panel}>
          {view === 'timeline' ? (
            <Timeline of={conversation} />
          ) : !api.isMember ? (
            <Note>{strings.noMember}</Note>
          ) : view === 'json' ? (
            <Json of={conversation} />
          ) : session === undefined ? (
            <Note>{strings.nothingSaid}</Note>
          ) : (
            <Reader key={session.id} of={conversation} sessionId={session.id} />
          )}
        </div>
      </Tabs>
    </Page>
  );
}

function About({ of }: { readonly of: ConversationWithSessions }): JSX.Element {
  const strings = conversationStrings();
  return (
    <Card>
      <Facts
        of={[
          [strings.who, <Partner key="who" of={of} />],
          [strings.madeBy, of.user_id === null ? null : creatorText(of.created_by)],
          [strings.messages, formatNumber(of.messages)],
          [strings.tokens, formatNumber(of.total_tokens)],
          [strings.cost, of.cost === null ? strings.noPrice : formatCost(of.cost)],
          [strings.made, formatTime(of.created_at)],
          [strings.lastActivity, formatTime(of.updated_at)],
        ]}
      />
    </Card>
  );
}

interface Everything {
  readonly messages: readonly Message[];
}

function Json({ of: conversation }: { readonly of: ConversationWithSessions }): JSX.Element {
  const api = useApi();
  const [read, setRead] = useState<Everything | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const load = () => {
    setError(undefined);
    readMessages(api, conversation).then((messages) => setRead({ messages }), setError);
  };
  useEffect(load, []);
  if (error !== undefined) return <ErrorState error={error} onRetry={load} />;
  if (read === undefined) return <Loading />;
  const text = JSON.stringify({ conversation, messages: read.messages }, null, 2);
  return <Code label={conversationStrings().json} text={text} />;
}

interface ActionsProps {
  readonly of: ConversationWithSessions;
}

function Actions({ of: conversation }: ActionsProps): JSX.Element {
  const strings = conversationStrings();
  const api = useApi();
  const [, navigate] = useLocation();
  const [isAsking, setAsking] = useState(false);
  const at = (inside: Api) => ({
    org_id: inside.organization.id,
    environment: conversation.environment,
    conversation_id: conversation.id,
  });
  const change = useChange((body: object, inside) =>
    inside.call('PUT', '/api/conversation/update', { query: at(inside), body }),
  );
  const remove = useChange(
    (_: undefined, inside) => inside.call('DELETE', '/api/conversation/delete', { query: at(inside) }),
    (_args, inside) => [inside.admin('conversations')],
  );
  const save = useChange(
    async (form: 'jsonl' | 'md', inside) => {
      const messages = await readMessages(inside, conversation);
      const name = fileName(conversation.title || conversation.id, form);
      const shown = messages.filter(({ is_current: isCurrent }) => isCurrent);
      const text =
        form === 'jsonl'
          ? toJsonLines(conversation, messages)
          : toMarkdown(conversation, shown, ({ role, model_name: model }) =>
              role === 'user'
                ? (conversation.user_id ?? creatorText(conversation.created_by))
                : (model ?? role),
            );
      saveFile(name, new Blob([text], { type: form === 'md' ? 'text/markdown' : 'application/jsonl' }));
      tell(strings.exported(form === 'jsonl' ? messages.length : shown.length));
    },
    () => [],
  );
  const error = change.error ?? save.error;
  const archive = () =>
    change.mutate(
      { is_archived: !conversation.is_archived },
      { onSuccess: () => tell(conversation.is_archived ? strings.unarchiveDone : strings.archiveDone) },
    );
  return (
    <>
      {error !== null && <ErrorState error={error} />}
      <Menu
        text={strings.export}
        look="plain"
        icon="down"
        items={[
          { label: strings.exportJson, onSelect: () => save.mutate('jsonl') },
          { label: strings.exportMarkdown, onSelect: () => save.mutate('md') },
        ]}
      />
      {api.mayWrite && (
        <>
          <Button isBusy={change.isPending} onClick={archive}>
            {conversation.is_archived ? strings.unarchive : strings.archive}
          </Button>
          <Button look="danger" icon="trash" onClick={() => setAsking(true)}>
            {strings.delete}
          </Button>
        </>
      )}
      {isAsking && (
        <Confirm
          title={strings.deleteTitle(conversation.title)}
          name={conversation.title || undefined}
          action={strings.delete}
          onClose={() => setAsking(false)}
          onConfirm={async () => {
            await remove.mutateAsync(undefined);
            tell(strings.deleted);
            navigate('/', { replace: true });
          }}
        >
          {strings.deleteText(conversation.messages, conversation.sessions)}
        </Confirm>
      )}
    </>
  );
}
