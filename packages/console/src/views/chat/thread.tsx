/** The messages of an open conversation, and where one writes. */

import type { ChatMessage, ConversationSnapshot } from '@colloquy/client/store';
import {
  AnnouncerProvider,
  Composer,
  type ComposerHandle,
  createAnnouncer,
  LiveRegions,
  MessageWindow,
  type MessageWindowHandle,
  theme,
} from '@colloquy/ui';
import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import { Button } from '../../parts/controls.tsx';
import { ErrorState, Loading, Note } from '../../parts/states.tsx';
import { tell } from '../../parts/toasts.tsx';
import { preferences } from '../../state/preferences.ts';
import { type ReadableStore, useStore } from '../../state/store.ts';
import { Answer, Question } from './answer.tsx';
import styles from './chat.module.css';
import { draftOf, keepDraft } from './drafts.ts';
import { useHighlight } from './highlight.ts';
import { useNarration } from './narration.ts';
import type { Pane } from './pane-state.ts';
import { Receipt } from './receipt.tsx';
import { chatStrings } from './strings.ts';
import type { Targets, Web } from './targets.ts';

interface ThreadProps {
  readonly pane: Pane;
  readonly targets: Targets;
  /** Who answers, before the first message. */
  readonly name: string | undefined;
  /** Another one is about to take its place: nothing can be sent. */
  readonly isHeld: boolean;
  /** Undefined: it is not known yet. */
  readonly web: Web | undefined;
}

export function Thread({ pane, targets, name, isHeld, web }: ThreadProps): JSX.Element {
  const strings = chatStrings();
  const { mayWrite } = useApi();
  const { store } = pane;
  const snapshot = useSnapshot(pane);
  const { sendKey } = useStore(preferences);
  const [announcer] = useState(createAnnouncer);
  const [list] = useState<{ current: MessageWindowHandle | null }>({ current: null });
  const [composer] = useState<{ current: ComposerHandle | null }>({ current: null });
  const [edited, setEdited] = useState<string | undefined>(undefined);
  const [receipt, setReceipt] = useState<string | undefined>(undefined);
  const [draft] = useState(() => draftOf(pane.conversationId ?? 'new'));
  const [whenBusy, setWhenBusy] = useState<Busy>('queue');
  /** Undefined: as who answers does by itself. */
  const [usesWeb, setWeb] = useState<boolean | undefined>(undefined);
  const internet = web?.isPossible === true ? usesWeb : undefined;
  const highlight = useHighlight();
  useNarration(announcer, snapshot);
  useWantedMessage(pane, snapshot, list);
  const isBusy =
    snapshot.running !== null || snapshot.status === 'sending' || snapshot.status === 'streaming';
  const closeEdit = useCallback(() => {
    setEdited(undefined);
    composer.current?.focus();
  }, [composer]);
  const { personaName } = targets;
  const renderItem = useCallback(
    (message: ChatMessage) =>
      message.role === 'user' ? (
        <Question
          message={message}
          store={store}
          isEdited={message.key === edited}
          onEdit={mayWrite ? setEdited : undefined}
          onEditEnd={closeEdit}
          internet={internet}
        />
      ) : (
        <Answer
          message={message}
          store={store}
          personaName={personaName}
          highlight={highlight}
          mayWrite={mayWrite}
          onReceipt={setReceipt}
        />
      ),
    [store, edited, closeEdit, personaName, highlight, mayWrite, internet],
  );
  const send = (text: string) => {
    list.current?.toEnd();
    return store.send(text, { whenBusy, internet });
  };
  const editLast = () => {
    const last = snapshot.messages.findLast(({ role }) => role === 'user');
    if (last !== undefined) setEdited(last.key);
  };
  const chooseVersion = (by: -1 | 1) => {
    const branched = snapshot.messages.findLast(({ siblings }) => siblings.length > 1);
    const next = branched?.siblings[branched.siblings.indexOf(branched.id) + by];
    if (next !== undefined) void store.select(next);
  };
  if (snapshot.isLoading && snapshot.messages.length === 0) return <Loading />;
  return (
    <AnnouncerProvider value={announcer}>
      <div class={`${theme.theme} ${styles.thread}`}>
        <h2 class={theme.hidden}>{strings.messagesTitle}</h2>
        <MessageWindow
          items={snapshot.messages}
          renderItem={renderItem}
          hasEarlier={snapshot.hasEarlier}
          loadEarlier={() => store.loadEarlier()}
          hasLater={snapshot.hasLater}
          loadLater={() => store.loadLater()}
          loadEnd={() => store.goToEnd()}
          handle={list}
          empty={
            <div class={styles.hello}>
              <h3>{strings.hello}</h3>
              {name !== undefined && <p>{strings.helloText(name)}</p>}
            </div>
          }
        />
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys of the field inside reach it. */}
      <div
        class={`${theme.theme} ${styles.bottom}`}
        onKeyDown={(event) => {
          if (!event.altKey) return;
          if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
            list.current?.walk(event.key === 'ArrowUp' ? -1 : 1);
          } else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
            chooseVersion(event.key === 'ArrowLeft' ? -1 : 1);
          } else return;
          event.preventDefault();
        }}
      >
        <Trouble snapshot={snapshot} onRetry={() => void store.refresh()} />
        <Waiting snapshot={snapshot} onRemove={(id) => void store.remove(id)} />
        {mayWrite ? (
          <Composer
            handle={composer}
            isDisabled={isHeld}
            sendKey={sendKey}
            draft={draft}
            // It may have become a conversation meanwhile.
            onDraft={(text) => keepDraft(pane.conversationId ?? 'new', text)}
            onSend={send}
            onStop={isBusy ? () => void store.stop() : undefined}
            onEditLast={editLast}
          />
        ) : (
          <Note>{strings.readOnly}</Note>
        )}
        {mayWrite && (
          <div class={styles.options}>
            {web?.isPossible === true && (
              <Button
                look="quiet"
                icon="globe"
                isPressed={usesWeb ?? web.isDefault}
                onClick={() => setWeb(!(usesWeb ?? web.isDefault))}
              >
                {strings.web}
              </Button>
            )}
            {isBusy && <WhenBusy value={whenBusy} onChange={setWhenBusy} />}
          </div>
        )}
      </div>
      <LiveRegions announcer={announcer} />
      {receipt !== undefined && (
        <Receipt client={pane.client} generation={receipt} onClose={() => setReceipt(undefined)} />
      )}
    </AnnouncerProvider>
  );
}

function useSnapshot({ store }: Pane): ConversationSnapshot {
  const readable = useMemo(
    (): ReadableStore<ConversationSnapshot> => ({ get: store.getSnapshot, subscribe: store.subscribe }),
    [store],
  );
  return useStore(readable);
}

interface TroubleProps {
  readonly snapshot: ConversationSnapshot;
  readonly onRetry: () => void;
}

function Trouble({ snapshot: { status, error, messages }, onRetry }: TroubleProps): JSX.Element | null {
  const strings = chatStrings();
  if (status === 'reconnecting') return <Note tone="warn">{strings.reconnecting}</Note>;
  // An answer that has failed says so itself.
  const isTold = messages.at(-1)?.status === 'failed' || messages.at(-1)?.status === 'interrupted';
  if (error === null || isTold) return null;
  return <ErrorState error={error} onRetry={onRetry} />;
}

interface WaitingProps {
  readonly snapshot: ConversationSnapshot;
  readonly onRemove: (id: string) => void;
}

/** What waits for the answer that is being written, with its place, and removable. */
function Waiting({ snapshot: { queue }, onRemove }: WaitingProps): JSX.Element | null {
  const strings = chatStrings();
  if (queue.length === 0) return null;
  return (
    <section class={styles.queue} aria-label={strings.waiting(queue.length)}>
      <p>{strings.waiting(queue.length)}</p>
      <ol>
        {queue.map(({ key, id, content, position }) => (
          <li key={key} class={styles.queued}>
            <span class={styles.queuedText}>
              {position}. {content}
            </span>
            <Button look="quiet" icon="close" onClick={() => onRemove(id)}>
              {strings.remove}
            </Button>
          </li>
        ))}
      </ol>
    </section>
  );
}

type Busy = 'queue' | 'interrupt';

interface WhenBusyProps {
  readonly value: Busy;
  readonly onChange: (value: Busy) => void;
}

/** What becomes of a message that is sent while another one is answered. */
function WhenBusy({ value, onChange }: WhenBusyProps): JSX.Element {
  const strings = chatStrings();
  return (
    <label class={styles.options}>
      {strings.whenBusy}
      <select
        class={styles.choice}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value === 'interrupt' ? 'interrupt' : 'queue')}
      >
        <option value="queue">{strings.queue}</option>
        <option value="interrupt">{strings.interrupt}</option>
      </select>
    </label>
  );
}

/** The message that a link or a date leads to is shown once it is there. */
function useWantedMessage(
  pane: Pane,
  { messages, isLoading }: ConversationSnapshot,
  list: { readonly current: MessageWindowHandle | null },
): void {
  const wanted = useStore(pane.wanted);
  useEffect(() => {
    if (wanted === undefined || isLoading || messages.length === 0) return;
    pane.wanted.set(undefined);
    if (list.current?.show(wanted) !== true) tell(chatStrings().messageGone);
  }, [pane, wanted, isLoading, messages, list]);
}
