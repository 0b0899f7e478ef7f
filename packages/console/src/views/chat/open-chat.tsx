/** The conversation of the address: which session of it is shown, or a new one. */
import { useQueryClient } from '@tanstack/preact-query';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation, useSearchParams } from 'wouter-preact';
import { useApi } from '../../api/api.ts';
import { useRead } from '../../api/queries.ts';
import { ApiError } from '../../api/request.ts';
import { LinkButton } from '../../parts/controls.tsx';
import { Page, useTitle } from '../../parts/page.tsx';
import { EmptyState, ErrorState, Loading } from '../../parts/states.tsx';
import { toConsole } from '../../state/paths.ts';
import styles from './chat.module.css';
import { ChatHead } from './chat-head.tsx';
import { LocalModelProgress } from './local-model.tsx';
import { openPane, type Pane } from './pane-state.ts';
import { chatStrings } from './strings.ts';
import { type OfferedTarget, useTargets } from './targets.ts';
import { Thread } from './thread.tsx';
import type { ListedSession, WithSessions } from './types.ts';

/** How often a title that a model is still to write is looked for, in milliseconds. */
const titleMs = 4_000;

export function OpenChat({ conversation }: { readonly conversation: string | undefined }): JSX.Element {
  const strings = chatStrings();
  const api = useApi();
  const targets = useTargets();
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const held = useRef<Pane | undefined>(undefined);
  const [, draw] = useState(0);
  const [isForking, setForking] = useState(false);
  const [wanted, setWanted] = useState<OfferedTarget | undefined>(undefined);
  const isNew = conversation === undefined;
  const [params] = useSearchParams();
  const linked = isNew ? undefined : (params.get('message') ?? undefined);
  const place = useRef<{ readonly of: string; readonly message?: string | undefined }>({ of: '' });
  if (linked !== undefined && linked !== place.current.message && place.current.of === conversation) {
    // A link leads elsewhere in the conversation that is open.
    place.current = { of: '' };
    held.current = undefined;
  }
  // A conversation that has just begun here is shown on, though its address is another one now.
  const isHeld = held.current !== undefined && held.current.conversationId === conversation;
  const sessions = useRead<WithSessions>('/api/conversation/get_with_sessions', {
    query: { org_id: api.organization.id, environment: api.environment, conversation_id: conversation },
    isWanted: !isNew,
    ...(isHeld && { intervalMs: titleMs }),
  });
  const message = useRead<{ readonly chat_session_id: string }>(
    `/api/conversation/messages/${encodeURIComponent(linked ?? '')}`,
    {
      query: { org_id: api.organization.id, environment: api.environment },
      isWanted: linked !== undefined,
    },
  );
  const known = isNew ? undefined : sessions.data;
  const ofLink = known?.chat_sessions.find(({ id }) => id === message.data?.chat_session_id);
  const newest = ofLink ?? known?.chat_sessions.at(-1);
  const target = isNew ? (wanted ?? targets.first) : undefined;
  useTitle(known?.conversation.title ?? strings.title);

  const asked = isNew ? `new ${target?.key}` : conversation;
  if (place.current.of !== asked && !(isHeld && !isNew)) {
    const isLinkRead = linked === undefined || !message.isPending;
    const isReady = isNew ? target !== undefined : newest?.conversation_id === conversation && isLinkRead;
    if (isReady) {
      place.current = { of: asked, message: linked };
      held.current = openPane(api, {
        session: newest?.id,
        conversationId: conversation,
        target: target?.target,
        message: linked,
      });
    } else held.current = undefined;
  }
  const pane = held.current;
  useEffect(() => {
    if (pane === undefined || pane.conversationId !== undefined) return;
    return followBeginning(pane, (id) => {
      place.current = { of: id };
      navigate(`/${id}`, { replace: true });
      void client.invalidateQueries({ queryKey: [api.organization.id, '/api/conversation/list'] });
    });
  }, [pane, api, client, navigate]);

  const fork = async ({ store, conversationId }: Pane, { target: next }: OfferedTarget) => {
    // The other one goes on behind the end, whatever part is shown.
    if (!(await store.goToEnd())) return;
    const { messages, session } = store.getSnapshot();
    const last = messages.at(-1);
    if (last === undefined || session === undefined) return;
    const forked = await api.call<ListedSession>('POST', '/api/conversation/fork', {
      query: { org_id: api.organization.id, environment: api.environment, session_id: session },
      body: {
        message_id: last.id,
        ...(next.kind === 'model'
          ? { model_id: next.id }
          : { persona: { persona_id: next.id, version_type: next.version } }),
      },
    });
    held.current = openPane(api, { session: forked.id, conversationId });
    draw((count) => count + 1);
    await sessions.refetch();
  };
  const retarget = async (next: OfferedTarget) => {
    if (pane === undefined || isNew) {
      setWanted(next);
      return;
    }
    setForking(true);
    try {
      await fork(pane, next);
    } finally {
      setForking(false);
    }
  };

  if (sessions.error !== null && !isNew && pane === undefined) {
    const isGone = sessions.error instanceof ApiError && (sessions.error.status ?? 500) < 500;
    return (
      <section class={styles.pane}>
        {isGone ? (
          <EmptyState
            isPage
            title={strings.gone}
            action={<LinkButton href="/">{strings.newChat}</LinkButton>}
          >
            {null}
          </EmptyState>
        ) : (
          <Page title={strings.title}>
            <ErrorState error={sessions.error} onRetry={() => void sessions.refetch()} />
          </Page>
        )}
      </section>
    );
  }
  if (isNew && targets.error !== null) {
    return (
      <section class={styles.pane}>
        <Page title={strings.newChat}>
          <ErrorState error={targets.error} onRetry={targets.retry} />
        </Page>
      </section>
    );
  }
  if (isNew && targets.isLoaded && targets.first === undefined) {
    const add = <LinkButton href={toConsole('/models/add')}>{strings.addModel}</LinkButton>;
    return (
      <section class={styles.pane}>
        <EmptyState isPage title={strings.newChat} {...(api.mayAdminister && { action: add })}>
          {strings.nobody}
        </EmptyState>
      </section>
    );
  }
  if (pane === undefined) {
    return (
      <section class={styles.pane}>
        <Loading />
      </section>
    );
  }
  const shownId = pane.store.getSnapshot().session;
  const session = known?.chat_sessions.find(({ id }) => id === shownId) ?? newest;
  return (
    <section class={styles.pane}>
      <ChatHead
        conversation={known?.conversation}
        targets={targets}
        current={isNew ? (target?.key ?? '') : session === undefined ? '' : targets.keyOf(session)}
        onTarget={retarget}
        onGo={(place) => void pane.store.goTo(place).then((id) => pane.wanted.set(id))}
      />
      {isNew && <LocalModelProgress onReady={() => void client.invalidateQueries()} />}
      <Thread
        key={pane.store}
        pane={pane}
        targets={targets}
        name={target?.label}
        isHeld={isForking}
        web={session === undefined ? target?.web : targets.webOf(session)}
      />
    </section>
  );
}

/** Tells once the first message has made a conversation, and what its id is. */
function followBeginning(pane: Pane, onBegun: (conversationId: string) => void): () => void {
  let isAsking = false;
  const look = async () => {
    const { running, messages } = pane.store.getSnapshot();
    const generation =
      running ?? messages.findLast(({ generationId }) => generationId !== null)?.generationId;
    if (isAsking || generation == null || pane.conversationId !== undefined) return;
    isAsking = true;
    try {
      const { conversationId } = await pane.client.generations.get(generation);
      pane.conversationId = conversationId;
      onBegun(conversationId);
    } catch {
      // The next change of the conversation asks again.
      isAsking = false;
    }
  };
  return pane.store.subscribe(() => void look());
}
