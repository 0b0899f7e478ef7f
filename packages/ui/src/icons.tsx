/** Icons as elements: no font, no request, no characters that a system may not have. */
import type { JSX } from 'preact';
import theme from './theme.module.css';

const paths = {
  chat: 'M4 5h16v11H9l-5 4z',
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M12 19V5M6 11l6-6 6 6',
  stop: 'M7 7h10v10H7z',
  copy: 'M9 9h10v10H9zM5 15V5h10',
  check: 'M5 12l5 5 9-10',
  down: 'M12 5v14M6 13l6 6 6-6',
  menu: 'M5 12h.01M12 12h.01M19 12h.01',
  plus: 'M12 5v14M5 12h14',
  retry: 'M19 12a7 7 0 1 1-2-5M19 4v4h-4',
  go: 'M6 5l12 7-12 7z',
  previous: 'M15 6l-6 6 6 6',
  next: 'M9 6l6 6-6 6',
  good: 'M7 20V10l4-7c2 0 2.5 1.5 2 3.5L12.5 9H19l-1.5 9.500c-.2 1-1 1.5-2 1.5zM3.5 10H7v10H3.5z',
  bad: 'M17 4v10l-4 7c-2 0-2.5-1.5-2-3.5l.5-2.5H5L6.5 5.5c.2-1 1-1.5 2-1.5zM20.5 14H17V4h3.5z',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  bin: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13',
} as const;

export type IconName = keyof typeof paths;

/** Decoration: the button around it has the name. Those that point along the line are mirrored from right to left. */
export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg
      class={theme.icon}
      data-icon={name}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width={name === 'menu' ? 3 : 2}
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={paths[name]} />
    </svg>
  );
}
