/** `Ctrl`/`⌘ K`: a field and a list, by the combobox pattern of the ARIA guide. */
import type { JSX } from 'preact';
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { useApi } from '../api/api.ts';
import { useRead } from '../api/queries.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Icon, type IconName } from '../parts/icons.tsx';
import { titleOf, type View } from '../views/views.ts';
import styles from './palette.module.css';
import { shellStrings } from './strings.ts';

interface Entry {
  readonly key: string;
  readonly group: string;
  readonly icon: IconName;
  readonly label: string;
  readonly detail?: string | undefined;
  readonly href: string;
}

interface PaletteProps {
  readonly views: readonly View[];
  readonly onClose: () => void;
}

/** A search of the conversations begins when nothing was typed for so long, in milliseconds. */
const pauseMs = 200;
const mostOfGroup = 6;

export function Palette({ views, onClose }: PaletteProps): JSX.Element {
  const strings = shellStrings();
  const [, navigate] = useLocation();
  const [text, setText] = useState('');
  const [index, setIndex] = useState(0);
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const entries = useEntries(views, text);
  useLayoutEffect(() => input.current?.focus(), []);
  useEffect(() => {
    document.getElementById(`${id}-${index}`)?.scrollIntoView({ block: 'nearest' });
  }, [id, index]);
  const go = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    onClose();
    navigate(entry.href);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (event.key === 'Enter') go(entries[index]);
    else if (event.key === 'ArrowDown') setIndex(Math.min(index + 1, entries.length - 1));
    else if (event.key === 'ArrowUp') setIndex(Math.max(index - 1, 0));
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={strings.palette} onClose={onClose}>
      <input
        ref={input}
        class={styles.input}
        role="combobox"
        aria-label={strings.palette}
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={entries.length > 0 ? `${id}-${index}` : undefined}
        placeholder={strings.palettePlaceholder}
        autoComplete="off"
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value);
          setIndex(0);
        }}
        onKeyDown={onKeyDown}
      />
      {entries.length === 0 && <p role="status">{strings.nothingFound}</p>}
      <div id={`${id}-list`} class={styles.list} role="listbox" aria-label={strings.palette}>
        {entries.map((entry, place) => (
          <>
            {entry.group !== entries[place - 1]?.group && (
              <div key={`${entry.key}-group`} class={styles.group} role="presentation">
                {entry.group}
              </div>
            )}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field has the focus and takes the keys. */}
            <div
              key={entry.key}
              id={`${id}-${place}`}
              class={styles.option}
              role="option"
              tabIndex={-1}
              aria-selected={place === index}
              onMouseMove={() => setIndex(place)}
              onClick={() => go(entry)}
            >
              <Icon name={entry.icon} />
              <span>{entry.label}</span>
              {entry.detail && <span class={styles.detail}>{entry.detail}</span>}
            </div>
          </>
        ))}
      </div>
    </Dialog>
  );
}

interface Named {
  readonly id: string | number;
  readonly name: string;
}

interface FoundConversation {
  readonly id: string;
  readonly title: string;
  readonly snippet?: string;
  readonly message_id?: string | null;
}

function useEntries(views: readonly View[], text: string): readonly Entry[] {
  const strings = shellStrings();
  const api = useApi();
  const wanted = text.trim().toLowerCase();
  const searched = useSettled(text.trim());
  const personas = useRead<{ data: (Named & { alias: string })[] }>(api.admin('personas'), {
    isWanted: api.mayAdminister,
  });
  const models = useRead<{ data: Named[] }>(api.admin('models'), { isWanted: api.mayAdminister });
  const conversations = useRead<FoundConversation[]>('/api/conversation/list', {
    query: {
      org_id: api.organization.id,
      environment: api.environment,
      mine: true,
      limit: mostOfGroup,
      q: searched,
    },
    isWanted: api.isMember && searched.length > 1,
  });
  return useMemo(() => {
    const fits = (name: string) => name.toLowerCase().includes(wanted);
    const named = wanted === '' ? [] : (personas.data?.data ?? []);
    const offered = wanted === '' ? [] : (models.data?.data ?? []);
    const found = wanted.length > 1 && Array.isArray(conversations.data) ? conversations.data : [];
    return [
      ...views
        .filter((view) => fits(titleOf(view)))
        .map((view): Entry => {
          const { name, icon } = view;
          return { key: name, group: strings.groups.views, icon, label: titleOf(view), href: `/${name}` };
        }),
      ...named
        .filter(({ name, alias }) => fits(name) || fits(alias))
        .slice(0, mostOfGroup)
        .map(({ id, name, alias }): Entry => {
          const href = `/personas/${id}`;
          return {
            key: href,
            group: strings.groups.personas,
            icon: 'personas',
            label: name,
            detail: alias,
            href,
          };
        }),
      ...offered
        .filter(({ name }) => fits(name))
        .slice(0, mostOfGroup)
        .map(({ id, name }): Entry => {
          const href = `/models/${id}`;
          return { key: href, group: strings.groups.models, icon: 'models', label: name, href };
        }),
      ...found.map(({ id, title, snippet, message_id: message }): Entry => {
        const href = `/chat/${id}${message ? `?message=${message}` : ''}`;
        const group = strings.groups.conversations;
        return { key: href, group, icon: 'conversations', label: title, detail: snippet, href };
      }),
    ];
  }, [strings, views, wanted, personas.data, models.data, conversations.data]);
}

/** The text once it has stayed the same for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), pauseMs);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
