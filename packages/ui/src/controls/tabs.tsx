/** Tabs by the APG's pattern: the arrows move between them, and the one that has the focus is shown. */
import type { ComponentChildren, JSX } from 'preact';
import { useId, useRef } from 'preact/hooks';
import css from './tabs.module.css';

export interface Tab {
  readonly id: string;
  readonly label: ComponentChildren;
}

export interface TabsProps {
  /** Names the group. */
  readonly label: string;
  /** At least one. */
  readonly tabs: readonly Tab[];
  /** The id of the one that is shown. */
  readonly selected: string;
  readonly onSelect: (id: string) => void;
  /** What the shown one holds. */
  readonly children?: ComponentChildren;
}

export function Tabs({ label, tabs, selected, onSelect, children }: TabsProps): JSX.Element {
  const prefix = useId();
  const list = useRef<HTMLDivElement>(null);
  const at = Math.max(
    0,
    tabs.findIndex(({ id }) => id === selected),
  );
  const press = (event: KeyboardEvent): void => {
    const isMirrored = list.current !== null && getComputedStyle(list.current).direction === 'rtl';
    const forward = isMirrored ? 'ArrowLeft' : 'ArrowRight';
    const back = isMirrored ? 'ArrowRight' : 'ArrowLeft';
    const targets: Readonly<Record<string, number>> = {
      [forward]: (at + 1) % tabs.length,
      [back]: (at - 1 + tabs.length) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    };
    const next = tabs[targets[event.key] ?? -1];
    if (next === undefined) return;
    event.preventDefault();
    onSelect(next.id);
    (list.current?.children[targets[event.key] ?? -1] as HTMLElement | undefined)?.focus();
  };
  const shown = tabs[at];
  return (
    <>
      <div ref={list} class={css.tabs} role="tablist" aria-label={label} onKeyDown={press}>
        {tabs.map((tab, index) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${prefix}-tab-${tab.id}`}
            aria-selected={index === at}
            aria-controls={index === at ? `${prefix}-panel` : undefined}
            tabIndex={index === at ? 0 : -1}
            class={css.tab}
            onClick={() => onSelect(tab.id)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div
        class={css.panel}
        role="tabpanel"
        id={`${prefix}-panel`}
        aria-labelledby={`${prefix}-tab-${shown?.id}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a panel may hold nothing that takes the focus (APG).
        tabIndex={0}
      >
        {children}
      </div>
    </>
  );
}
