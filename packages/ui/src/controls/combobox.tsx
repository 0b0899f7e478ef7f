/** A list to choose one of by typing, by the APG's pattern of an editable combobox with list autocomplete. */
import type { JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import theme from '../theme.module.css';
import css from './combobox.module.css';
import { matching, type Option } from './options.ts';

export interface ComboboxProps {
  readonly label: string;
  /** Whether the label is read by screen readers only. Default false. */
  readonly isLabelHidden?: boolean;
  readonly options: readonly Option[];
  /** The id of the chosen one; undefined: none. */
  readonly value: string | undefined;
  readonly onChoose: (id: string) => void;
  readonly placeholder?: string | undefined;
  /** Said and shown where nothing matches. */
  readonly nothing: string;
}

export function Combobox(props: ComboboxProps): JSX.Element {
  const { label, isLabelHidden = false, options, value, onChoose, placeholder, nothing } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const chosen = options.find((option) => option.id === value);
  // undefined: closed, and the field shows what is chosen.
  const [query, setQuery] = useState<string | undefined>(undefined);
  const [active, setActive] = useState(0);
  const found = query === undefined ? [] : matching(options, query);
  const isOpen = query !== undefined;
  const at = Math.min(active, found.length - 1);

  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [at, isOpen]);
  const open = (text: string): void => {
    setQuery(text);
    setActive(Math.max(0, text === '' ? options.findIndex((option) => option.id === value) : 0));
  };
  const close = (): void => setQuery(undefined);
  const choose = (option: Option | undefined): void => {
    close();
    if (option !== undefined) onChoose(option.id);
  };
  const press = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    const { key } = event;
    if (key === 'ArrowDown' || key === 'ArrowUp') {
      event.preventDefault();
      if (!isOpen) open('');
      else if (found.length > 0)
        setActive((at + (key === 'ArrowDown' ? 1 : found.length - 1)) % found.length);
    } else if (key === 'Enter' && isOpen) {
      event.preventDefault();
      choose(found[at]);
    } else if (key === 'Escape' && isOpen) {
      event.preventDefault();
      // It closes the list, not the dialog around it.
      event.stopPropagation();
      close();
    }
  };
  return (
    <div class={css.combobox}>
      <label class={isLabelHidden ? theme.hidden : css.label} for={id}>
        {label}
      </label>
      <input
        ref={input}
        id={id}
        class={css.input}
        type="text"
        role="combobox"
        autocomplete="off"
        aria-autocomplete="list"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-activedescendant={isOpen && found[at] !== undefined ? `${id}-${at}` : undefined}
        placeholder={placeholder}
        value={query ?? chosen?.label ?? ''}
        onInput={(event) => open(event.currentTarget.value)}
        onKeyDown={press}
        onClick={() => {
          if (!isOpen) open('');
          input.current?.select();
        }}
        onBlur={close}
      />
      <div ref={list} id={`${id}-list`} class={css.list} role="listbox" aria-label={label} hidden={!isOpen}>
        {found.map((option, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field, which keeps the focus.
          // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus.
          <div
            key={option.id}
            id={`${id}-${index}`}
            class={css.option}
            role="option"
            aria-selected={index === at}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => choose(option)}
          >
            <span>{option.label}</span>
            {option.detail !== undefined && <span class={css.detail}>{option.detail}</span>}
          </div>
        ))}
      </div>
      {isOpen && found.length === 0 && (
        <p class={css.nothing} role="status">
          {nothing}
        </p>
      )}
    </div>
  );
}
