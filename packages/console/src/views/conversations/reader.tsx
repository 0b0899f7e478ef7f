/** What was said in a session, on one of its branches, as it can be read but not changed. */
import { type MessageProps, Message as ShownMessage, theme } from '@colloquy/ui';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { formatCost } from '../../i18n/format.ts';
import { Button } from '../../parts/controls.tsx';
import { pageStyles } from '../../parts/page.tsx';
import { ErrorState, Loaded, Note } from '../../parts/states.tsx';
import { tell } from '../../parts/toasts.tsx';
import { useUrlState } from '../../state/url-state.ts';
import { AddToSet } from './add-to-set.tsx';
import styles from './conversations.module.css';
import { conversationStrings } from './strings.ts';
import type { Conversation, GenerationStatus, Message, Thread } from './types.ts';

const path = '/api/conversation/thread';
const pageSize = 100;
/** How often an answer that is being written is read again, in milliseconds. */
const liveMs = 1_000;

interface ReaderProps {
  readonly of: Conversation;
  readonly sessionId: string;
}

export function Reader({ of: conversation, sessionId }: ReaderProps): JSX.Element {
  const strings = conversationStrings();
  const api = useApi();
  const [around, setAround] = useUrlState('message');
  const [leaf, setLeaf] = useUrlState('leaf');
  const [earlier, setEarlier] = useState<readonly Message[]>([]);
  const [hasEarlier, setHasEarlier] = useState<boolean | undefined>(undefined);
  const [isLive, setLive] = useState(false);
  const [taken, setTaken] = useState<string | undefined>(undefined);
  const place = {
    org_id: api.organization.id,
    environment: conversation.environment,
    session_id: sessionId,
    limit: pageSize,
    include: 'reasoning',
  };
  const thread = useRead<Thread>(path, {
    query: { ...place, ...(around === '' ? { leaf } : { around }) },
    ...(isLive && { intervalMs: liveMs }),
  });
  const isRunning = thread.data !== undefined && thread.data.running !== null;
  if (isRunning !== isLive) setLive(isRunning);
  useEffect(() => {
    setEarlier([]);
    setHasEarlier(undefined);
  }, [around, leaf]);
  const more = useChange<string, Thread>(
    (before, inside) =>
      inside.get<Thread>(path, { ...place, before, ...(thread.data?.leaf && { leaf: thread.data.leaf }) }),
    () => [],
  );
  return (
    <Loaded of={thread}>
      {(data) => {
        const messages = [...earlier, ...data.messages];
        const [first] = messages;
        const loadEarlier = () =>
          more.mutate(first?.id ?? '', {
            onSuccess(page) {
              setEarlier((before) => [...page.messages, ...before]);
              setHasEarlier(page.has_more_before);
            },
          });
        return (
          <div class={`${theme.theme} ${styles.thread}`}>
            <h2 class={theme.hidden}>{strings.reader}</h2>
            {first === undefined && <Note>{strings.nothingSaid}</Note>}
            {more.error !== null && <ErrorState error={more.error} />}
            {(hasEarlier ?? data.has_more_before) && (
              <Button isBusy={more.isPending} onClick={loadEarlier}>
                {strings.earlier}
              </Button>
            )}
            {messages.map((message) => (
              <OneMessage
                key={message.id}
                of={message}
                siblings={data.siblings[message.id] ?? []}
                isHit={message.id === around}
                onBranch={(id) => setAround(id, { leaf: '' })}
                onTake={setTaken}
              />
            ))}
            {taken !== undefined && (
              <AddToSet
                conversationId={conversation.id}
                messages={messages.filter(isQuestion)}
                first={taken}
                onClose={() => setTaken(undefined)}
              />
            )}
            {data.has_more_after && data.leaf !== null && (
              <Button onClick={() => setLeaf(data.leaf ?? '', { message: '' })}>{strings.toEnd}</Button>
            )}
            {data.running !== null && <CancelButton generationId={data.running} />}
          </div>
        );
      }}
    </Loaded>
  );
}

const states: Readonly<Record<GenerationStatus, NonNullable<MessageProps['state']>>> = {
  queued: 'waiting',
  running: 'writing',
  done: 'done',
  failed: 'failed',
  cancelled: 'stopped',
  interrupted: 'interrupted',
};

interface OneMessageProps {
  readonly of: Message;
  readonly siblings: readonly string[];
  /** What the reader was opened for. */
  readonly isHit: boolean;
  readonly onBranch: (messageId: string) => void;
  /** It is to be taken into a set of questions. */
  readonly onTake: (messageId: string) => void;
}

/** Whether it can be asked again: a message of the user with words. */
function isQuestion({ role, content }: Message): boolean {
  return role === 'user' && content.trim() !== '';
}

function OneMessage({ of: message, siblings, isHit, onBranch, onTake }: OneMessageProps): JSX.Element {
  const strings = conversationStrings();
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isHit) return;
    const article = element.current?.querySelector<HTMLElement>('article');
    article?.focus({ preventScroll: true });
    article?.scrollIntoView({ block: 'center' });
  }, [isHit]);
  const place = siblings.indexOf(message.id);
  const isAnswer = message.role === 'assistant';
  return (
    <div ref={element} class={isHit ? styles.hit : undefined}>
      <ShownMessage
        id={message.id}
        role={message.role}
        name={message.model_name ?? undefined}
        text={message.content}
        state={isAnswer ? states[message.status] : 'done'}
        reasoning={message.reasoning ?? undefined}
        sources={message.sources}
        error={message.error ?? undefined}
        footer={
          <span class={styles.footer}>
            {siblings.length > 1 && (
              <span class={pageStyles.row}>
                <Button
                  icon="left"
                  look="quiet"
                  label={strings.branchBefore}
                  isDisabled={place <= 0}
                  onClick={() => onBranch(siblings[place - 1] ?? message.id)}
                />
                {strings.branch(place + 1, siblings.length)}
                <Button
                  icon="right"
                  look="quiet"
                  label={strings.branchAfter}
                  isDisabled={place === siblings.length - 1}
                  onClick={() => onBranch(siblings[place + 1] ?? message.id)}
                />
              </span>
            )}
            {isQuestion(message) && (
              <Button icon="plus" look="quiet" label={strings.addToSet} onClick={() => onTake(message.id)} />
            )}
            {isAnswer && figuresOf(message).map((text) => <span key={text}>{text}</span>)}
          </span>
        }
      />
    </div>
  );
}

function figuresOf({ model_name: model, persona, usage, cost }: Message): readonly string[] {
  const strings = conversationStrings();
  return [
    model,
    persona && strings.personaOf(persona.id, persona.version),
    usage && strings.tokensOf(usage.total_tokens, usage.provenance),
    cost === null ? null : strings.costOf(formatCost(cost)),
  ].filter((text) => text !== null);
}

function CancelButton({ generationId }: { readonly generationId: string }): JSX.Element {
  const strings = conversationStrings();
  const cancel = useChange((_: undefined, api) =>
    api.call('POST', api.admin(`generations/${generationId}/cancel`)),
  );
  return (
    <div class={pageStyles.row}>
      <Button
        look="danger"
        isBusy={cancel.isPending}
        onClick={() => cancel.mutate(undefined, { onSuccess: () => tell(strings.cancelled) })}
      >
        {strings.cancel}
      </Button>
      {cancel.error !== null && <ErrorState error={cancel.error} />}
    </div>
  );
}
