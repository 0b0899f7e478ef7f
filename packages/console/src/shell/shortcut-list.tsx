/** What the keys do, behind `?`. */
import type { JSX } from 'preact';
import { Dialog } from '../parts/dialog.tsx';
import { Facts } from '../parts/page.tsx';
import { titleOf, type View } from '../views/views.ts';
import { modifierKey } from './shortcuts.ts';
import { shellStrings } from './strings.ts';

interface ShortcutListProps {
  readonly views: readonly View[];
  readonly onClose: () => void;
}

export function ShortcutList({ views, onClose }: ShortcutListProps): JSX.Element {
  const strings = shellStrings();
  return (
    <Dialog title={strings.shortcuts} onClose={onClose}>
      <Facts
        of={[
          [strings.shortcut.palette, <kbd key="k">{modifierKey} K</kbd>],
          [strings.shortcut.help, <kbd key="?">?</kbd>],
          [strings.shortcut.close, <kbd key="esc">Esc</kbd>],
          ...views.map(
            (view) =>
              [
                strings.shortcut.goTo(titleOf(view)),
                <span key={view.name}>
                  <kbd>g</kbd> {strings.afterwards} <kbd>{view.letter}</kbd>
                </span>,
              ] as const,
          ),
        ]}
      />
    </Dialog>
  );
}
