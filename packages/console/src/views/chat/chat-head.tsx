/** The head of a conversation: its title, who answers, and what can be done with it. */
import type { Place } from '@colloquy/client/store';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { useApi } from '../../api/api.ts';
import { useChange } from '../../api/queries.ts';
import { Button, LinkButton, TextField, VisuallyHidden } from '../../parts/controls.tsx';
import { Confirm, Dialog } from '../../parts/dialog.tsx';
import { Menu, type MenuItem } from '../../parts/menu.tsx';
import { pageStyles } from '../../parts/page.tsx';
import { ErrorState } from '../../parts/states.tsx';
import { partStrings } from '../../parts/strings.ts';
import { tell } from '../../parts/toasts.tsx';
import styles from './chat.module.css';
import { GoToDate } from './go-to-date.tsx';
import { chatStrings } from './strings.ts';
import type { OfferedTarget, Targets } from './targets.ts';
import type { ListedConversation } from './types.ts';

/** Nothing is older. */
const beginning: Place = { at: new Date(0).toISOString() };

interface ChatHeadProps {
  /** Undefined: it has not begun. */
  readonly conversation: ListedConversation | undefined;
  readonly targets: Targets;
  readonly current: string;
  readonly onTarget: (target: OfferedTarget) => Promise<void>;
  readonly onGo: (place: Place) => void;
}

export function ChatHead({ conversation, targets, current, onTarget, onGo }: ChatHeadProps): JSX.Element {
  const strings = chatStrings();
  const api = useApi();
  const [, navigate] = useLocation();
  const [opened, setOpened] = useState<'nothing' | 'rename' | 'delete' | 'date'>('nothing');
  const query = {
    org_id: api.organization.id,
    environment: api.environment,
    conversation_id: conversation?.id ?? '',
  };
  const update = useChange((body: object, { call }) =>
    call('PUT', '/api/conversation/update', { query, body }),
  );
  const remove = useChange(
    (_: undefined, { call }) => call('DELETE', '/api/conversation/delete', { query }),
    () => ['/api/conversation/list'],
  );
  const close = () => setOpened('nothing');
  const groups = [
    [strings.persona, targets.personas],
    [strings.model, targets.models],
  ] as const;
  const changes = ({ is_archived: isArchived }: ListedConversation): readonly MenuItem[] => [
    { label: strings.rename, icon: 'pencil', onSelect: () => setOpened('rename') },
    {
      label: isArchived ? strings.unarchive : strings.archive,
      icon: 'conversations',
      onSelect: () => update.mutate({ is_archived: !isArchived }),
    },
    { label: strings.delete, icon: 'trash', isDangerous: true, onSelect: () => setOpened('delete') },
  ];
  return (
    <header class={styles.head}>
      <span class={styles.back}>
        <LinkButton href="/list" icon="left" look="quiet">
          <VisuallyHidden>{strings.toList}</VisuallyHidden>
        </LinkButton>
      </span>
      <h1 class={styles.title}>{conversation?.title ?? strings.newChat}</h1>
      <label>
        <VisuallyHidden>{strings.answersAs}</VisuallyHidden>
        <select
          class={styles.choice}
          value={current}
          onChange={(event) => {
            const next = targets.find(event.currentTarget.value);
            if (next === undefined) return;
            onTarget(next).then(
              () => {
                if (conversation !== undefined) tell(strings.changedTarget);
              },
              (error: Error) => tell(error.message),
            );
          }}
        >
          {targets.find(current) === undefined && <option value={current}>{partStrings().none}</option>}
          {groups.map(
            ([title, members]) =>
              members.length > 0 && (
                <optgroup key={title} label={title}>
                  {members.map(({ key, label }) => (
                    <option key={key} value={key} selected={key === current}>
                      {label}
                    </option>
                  ))}
                </optgroup>
              ),
          )}
        </select>
      </label>
      {conversation !== undefined && (
        <Menu
          items={[
            { label: strings.toStart, icon: 'start', onSelect: () => onGo(beginning) },
            { label: strings.toDate, icon: 'calendar', onSelect: () => setOpened('date') },
            ...(api.mayWrite ? changes(conversation) : []),
          ]}
        />
      )}
      {opened === 'date' && <GoToDate onGo={onGo} onClose={close} />}
      {opened === 'rename' && conversation !== undefined && (
        <Rename
          title={conversation.title}
          onRename={(title) => update.mutateAsync({ title })}
          onClose={close}
        />
      )}
      {opened === 'delete' && (
        <Confirm
          title={strings.deleteTitle}
          action={strings.delete}
          onClose={close}
          onConfirm={async () => {
            await remove.mutateAsync(undefined);
            tell(strings.deleted);
            navigate('/');
          }}
        >
          {strings.deleteText}
        </Confirm>
      )}
    </header>
  );
}

interface RenameProps {
  readonly title: string;
  readonly onRename: (title: string) => Promise<unknown>;
  readonly onClose: () => void;
}

function Rename({ title, onRename, onClose }: RenameProps): JSX.Element {
  const strings = chatStrings();
  const [typed, setTyped] = useState(title);
  const [error, setError] = useState<unknown>(undefined);
  return (
    <Dialog
      title={strings.renameTitle}
      onClose={onClose}
      foot={
        <Button type="submit" look="primary" form="rename">
          {partStrings().save}
        </Button>
      }
    >
      <form
        id="rename"
        class={pageStyles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim() !== '') onRename(typed.trim()).then(onClose, setError);
        }}
      >
        <TextField label={strings.name} value={typed} onInput={setTyped} />
        {error !== undefined && <ErrorState error={error} />}
      </form>
    </Dialog>
  );
}
