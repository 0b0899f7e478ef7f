/** A button that opens a list of actions, by the menu button pattern of the ARIA guide; native `popover` closes it. */
import type { JSX } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import { Button } from './controls.tsx';
import { Icon, type IconName } from './icons.tsx';
import styles from './menu.module.css';
import { partStrings } from './strings.ts';

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  readonly isDangerous?: boolean;
  readonly isChecked?: boolean;
  readonly onSelect: () => void;
}

export interface MenuProps {
  readonly label?: string;
  readonly icon?: IconName;
  /** Shown on the button; absent: only its icon. */
  readonly text?: string;
  readonly items: readonly MenuItem[];
  readonly look?: 'plain' | 'quiet';
}

export function Menu({ label, icon = 'more', text, items, look = 'quiet' }: MenuProps): JSX.Element {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  const entries = () => [...(list.current?.querySelectorAll<HTMLElement>('button') ?? [])];
  const open = () => {
    const popover = list.current;
    const place = button.current?.getBoundingClientRect();
    if (popover === null || place === undefined) return;
    popover.showPopover();
    setPlace(popover, place);
    entries()[0]?.focus();
  };
  const close = () => {
    list.current?.hidePopover();
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const all = entries();
    const index = all.indexOf(document.activeElement as HTMLElement);
    const next = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      all.at(next % all.length)?.focus();
    } else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === 'Tab') list.current?.hidePopover();
  };
  return (
    <>
      <Button
        buttonRef={button}
        look={look}
        icon={icon}
        hasPopup="menu"
        isExpanded={isOpen}
        {...(text === undefined ? { label: label ?? partStrings().actions } : {})}
        onClick={() => (isOpen ? close() : open())}
      >
        {text}
      </Button>
      <div
        ref={list}
        id={id}
        popover="auto"
        role="menu"
        tabIndex={-1}
        aria-label={label ?? text ?? partStrings().actions}
        class={styles.menu}
        onKeyDown={onKeyDown}
        onToggle={(event) => setOpen((event as unknown as ToggleEvent).newState === 'open')}
      >
        {items.map((item) => (
          // biome-ignore lint/a11y/useAriaPropsSupportedByRole: it is checked where its role is that of a choice.
          <button
            key={item.label}
            type="button"
            role={item.isChecked === undefined ? 'menuitem' : 'menuitemradio'}
            aria-checked={item.isChecked}
            tabIndex={-1}
            class={styles.item}
            data-dangerous={item.isDangerous || undefined}
            onClick={() => {
              close();
              item.onSelect();
            }}
          >
            {item.isChecked ? <Icon name="check" /> : item.icon && <Icon name={item.icon} />}
            {item.label}
          </button>
        ))}
      </div>
    </>
  );
}

/** Below the button, above it where there is no room, and never outside of the window. */
function setPlace(popover: HTMLElement, place: DOMRect): void {
  const { width, height } = popover.getBoundingClientRect();
  const gap = 4;
  const below = place.bottom + gap + height <= innerHeight;
  const isRightToLeft = getComputedStyle(popover).direction === 'rtl';
  const left = isRightToLeft ? place.right - width : place.left;
  popover.style.top = `${below ? place.bottom + gap : Math.max(gap, place.top - gap - height)}px`;
  popover.style.left = `${Math.max(gap, Math.min(left, innerWidth - width - gap))}px`;
}
