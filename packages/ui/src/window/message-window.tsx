/**
 * The messages of a conversation of any length: a window of real elements that find in page and screen readers see,
 * which follows the end until the person moves up, and keeps its place while messages come before it.
 */
import type { ComponentChildren, JSX, VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Icon } from '../icons.tsx';
import { useStrings } from '../strings/context.tsx';
import theme from '../theme.module.css';
import { createFollower, type Metrics } from './follower.ts';
import css from './message-window.module.css';
import { around, carryOver, growDown, growUp, type Identified, keyOf, lastOf, type Range } from './range.ts';

export interface MessageWindowHandle {
  /** To the end, which is followed from then on: after the person has sent something. */
  toEnd(): void;
  /** Shows an item of the list and gives it the focus. @returns whether it is in the list */
  show(id: string): boolean;
  /** Moves the focus to the message before or behind the one that has it; from elsewhere to the last one. */
  walk(by: -1 | 1): void;
}

export interface MessageWindowProps<Item extends Identified> {
  /** Oldest first. An item that has not changed is the same object as before. */
  readonly items: readonly Item[];
  /** Gives one element. Called anew for items that have changed, or when it is another function itself. */
  readonly renderItem: (item: Item) => VNode;
  /** Whether there are items before the first one. */
  readonly hasEarlier?: boolean;
  /** Called once for each page; the page comes as items before the others. */
  readonly loadEarlier?: (() => unknown) | undefined;
  /** Whether there are items behind the last one: then nothing is followed at its end. */
  readonly hasLater?: boolean;
  /** Called once for each page; the page comes as items behind the others. */
  readonly loadLater?: (() => unknown) | undefined;
  /** Brings the end of the list, where there are items behind the last one. @returns false, or a promise of it: it could not */
  readonly loadEnd?: (() => unknown) | undefined;
  /** Shown where there are no items. */
  readonly empty?: ComponentChildren;
  readonly handle?: { current: MessageWindowHandle | null } | undefined;
}

/** How near to an edge of the window more is put there, in heights of the view. */
const margin = 1.5;

export function MessageWindow<Item extends Identified>(props: MessageWindowProps<Item>): JSX.Element {
  const { items, renderItem, hasEarlier = false, loadEarlier, empty, handle } = props;
  const { hasLater = false, loadLater, loadEnd } = props;
  const strings = useStrings();
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [follower] = useState(createFollower);
  const [, setFollowing] = useState('');
  const [isLoading, setLoading] = useState(false);
  /** The end has been brought, and is gone to when it is drawn. */
  const isEndWanted = useRef(false);
  const hasMore = useRef(hasLater);
  hasMore.current = hasLater;
  const held = useRef<{ items: readonly Item[]; range: Range }>({ items, range: lastOf(items.length) });
  const [, draw] = useState(0);
  const anchor = useRef<{ element: Element; top: number } | undefined>(undefined);
  const wanted = useRef<string | undefined>(undefined);
  const ending = useRef<{
    readonly id: string | undefined;
    readonly height: number;
    readonly isEnd: boolean;
  }>({
    ...{ id: undefined, height: 0, isEnd: true },
  });
  const drawn = useMemo(() => new WeakMap<Item, VNode>(), [renderItem]);

  if (held.current.items !== items) {
    const { items: before, range } = held.current;
    held.current = { items, range: carryOver(range, before, items, follower.isFollowing) };
  }
  const { range } = held.current;
  // Where the person is before the page changes: removed elements may make the browser move.
  const topBefore = scroller.current?.scrollTop;

  const metrics = (of: HTMLElement): Metrics => ({
    top: of.scrollTop,
    height: of.scrollHeight,
    view: of.clientHeight,
    hasLast: !hasMore.current && held.current.range.end >= held.current.items.length,
  });
  const setRange = (next: Range): void => {
    const { items: all, range: old } = held.current;
    if (next.start === old.start && next.end === old.end) return;
    held.current = { items: all, range: next };
    draw((count) => count + 1);
  };
  const write = (of: HTMLElement, top: number): void => {
    of.scrollTop = top;
    follower.wrote(of.scrollTop);
  };
  /** Where an element stands in what is scrolled, wherever that is scrolled to. */
  const placeOf = (element: Element, of: HTMLElement): number =>
    element.getBoundingClientRect().top - of.getBoundingClientRect().top + of.scrollTop;
  const holdOn = (of: HTMLElement): void => {
    const element = firstVisible(list.current?.children, of.getBoundingClientRect().top);
    anchor.current = element === undefined ? undefined : { element, top: placeOf(element, of) };
  };
  const tell = (): void => setFollowing(`${follower.isFollowing} ${follower.hasNew}`);

  /** After what is shown has changed: to the end, or to where the person was. */
  const settle = (before?: number): void => {
    const of = scroller.current;
    if (of === null) return;
    const now = metrics(of);
    const last = now.hasLast ? list.current?.lastElementChild : undefined;
    const end = held.current.items.at(-1);
    const id = end === undefined ? undefined : keyOf(end);
    const height = last?.getBoundingClientRect().height ?? ending.current.height;
    // A page that is read on to is nothing new.
    const hasGrown = ending.current.isEnd && (id !== ending.current.id || height > ending.current.height);
    ending.current = { id, height, isEnd: !hasMore.current };
    const top = follower.changed(before === undefined ? now : { ...now, top: before }, hasGrown);
    if (top !== undefined && now.hasLast) {
      if (Math.abs(of.scrollTop - top) > 0.5) write(of, top);
    } else if (anchor.current?.element.isConnected === true) {
      const moved = placeOf(anchor.current.element, of) - anchor.current.top;
      const back = (before ?? of.scrollTop) + moved;
      if (Math.abs(back - of.scrollTop) > 0.5) write(of, back);
    }
    holdOn(of);
    tell();
  };

  const load = async (page: (() => unknown) | undefined): Promise<void> => {
    if (isLoading || page === undefined) return;
    setLoading(true);
    try {
      await page();
    } finally {
      setLoading(false);
    }
  };
  const up = (): void => {
    if (held.current.range.start > 0) setRange(growUp(held.current.range));
    else if (hasEarlier) void load(loadEarlier);
  };
  const down = (): void => {
    const { items: all, range: now } = held.current;
    if (now.end < all.length) setRange(growDown(now, all.length));
    else if (hasLater) void load(loadLater);
  };
  /** More before what is read, while the person is near the upper edge. */
  const fill = (of: HTMLElement): boolean => {
    const isNear = of.scrollTop < of.clientHeight * margin && !follower.isFollowing;
    if (isNear) up();
    return isNear;
  };
  const scrolled = (): void => {
    const of = scroller.current;
    if (of === null) return;
    follower.moved(metrics(of));
    holdOn(of);
    tell();
    if (fill(of)) return;
    if (of.scrollHeight - of.scrollTop - of.clientHeight < of.clientHeight * margin) down();
  };
  const toEnd = (): void => {
    if (hasLater) {
      follower.letGo();
      void load(async () => {
        isEndWanted.current = (await loadEnd?.()) !== false;
        draw((count) => count + 1);
      });
      return;
    }
    follower.follow();
    const { items: all } = held.current;
    if (held.current.range.end < all.length) setRange(lastOf(all.length));
    settle();
  };
  const show = (id: string): boolean => {
    const { items: all, range: now } = held.current;
    const index = all.findIndex((item) => item.id === id);
    if (index === -1) return false;
    follower.letGo();
    wanted.current = id;
    if (index >= now.start && index < now.end) draw((count) => count + 1);
    else setRange(around(index, all.length));
    return true;
  };
  const walk = (by: -1 | 1): void => {
    const elements = [...(list.current?.children ?? [])] as HTMLElement[];
    const root = scroller.current?.getRootNode() as Document | ShadowRoot | undefined;
    const at = elements.findIndex((element) => element.contains(root?.activeElement ?? null));
    const next = at === -1 ? elements.at(-1) : elements[at + by];
    if (next === undefined) return;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: 'nearest' });
  };

  useLayoutEffect(() => {
    settle(topBefore);
    if (isEndWanted.current && !hasLater) {
      isEndWanted.current = false;
      toEnd();
    }
    const id = wanted.current;
    const of = scroller.current;
    if (of === null) return;
    // What was loaded lies before the window; at its upper edge no scroll event would come for it.
    if (id === undefined && held.current.range.start > 0) fill(of);
    if (id === undefined) return;
    const element = [...(list.current?.children ?? [])].find(
      (child) => child.getAttribute('data-message') === id,
    );
    if (!(element instanceof HTMLElement)) return;
    wanted.current = undefined;
    write(of, placeOf(element, of) - of.clientHeight / 8);
    holdOn(of);
    element.focus({ preventScroll: true });
  });
  useEffect(() => {
    if (handle === undefined) return;
    handle.current = { toEnd, show, walk };
    return () => {
      handle.current = null;
    };
  });
  useEffect(() => {
    if (scroller.current === null || list.current === null) return;
    // Text that grows without this component being drawn, and a view that becomes smaller.
    const observer = new ResizeObserver(() => settle());
    observer.observe(list.current);
    observer.observe(scroller.current);
    return () => observer.disconnect();
  }, []);

  const shown = items.slice(range.start, range.end).map((item) => {
    const known = drawn.get(item);
    if (known !== undefined) return known;
    const made = renderItem(item);
    made.key = keyOf(item);
    drawn.set(item, made);
    return made;
  });
  return (
    <div class={css.frame}>
      <div
        ref={scroller}
        class={css.scroller}
        part="log"
        role="log"
        aria-live="off"
        aria-label={strings.conversation}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it must be reachable by keyboard.
        tabIndex={0}
        onScroll={scrolled}
        onKeyDown={(event) => {
          if (!event.altKey || (event.key !== 'ArrowUp' && event.key !== 'ArrowDown')) return;
          event.preventDefault();
          event.stopPropagation();
          walk(event.key === 'ArrowUp' ? -1 : 1);
        }}
      >
        {(range.start > 0 || hasEarlier) && (
          <p class={css.earlier}>
            <button
              type="button"
              class={`${theme.button} ${theme.outlined}`}
              aria-disabled={isLoading}
              onClick={() => {
                follower.letGo();
                up();
              }}
            >
              {isLoading ? strings.loading : strings.loadEarlier}
            </button>
          </p>
        )}
        {items.length === 0 && empty}
        <div ref={list} class={css.list}>
          {shown}
        </div>
        {(range.end < items.length || hasLater) && (
          <p class={css.later}>
            <button
              type="button"
              class={`${theme.button} ${theme.outlined}`}
              aria-disabled={isLoading}
              onClick={down}
            >
              {isLoading ? strings.loading : strings.loadLater}
            </button>
          </p>
        )}
      </div>
      {!follower.isFollowing && items.length > 0 && (
        <button type="button" class={`${theme.button} ${css.toEnd}`} part="to-end" onClick={toEnd}>
          <Icon name="down" />
          {follower.hasNew ? strings.newText : strings.toTheEnd}
        </button>
      )}
    </div>
  );
}

/** The first element that reaches below `top`; they stand one below the other. */
function firstVisible(elements: HTMLCollection | undefined, top: number): Element | undefined {
  if (elements === undefined) return undefined;
  let low = 0;
  let high = elements.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((elements[middle]?.getBoundingClientRect().bottom ?? 0) > top) high = middle;
    else low = middle + 1;
  }
  return elements[low];
}
