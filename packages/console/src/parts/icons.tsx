/**
 * Small pictures of 20 by 20, drawn in lines. They never stand without words for those who don't see them. Those that
 * point along the line are mirrored where the language is written from right to left (`base.css`).
 */
import type { JSX } from 'preact';

const paths = {
  chat: 'M3.5 4.5h13v9h-7l-4 3v-3h-2z',
  conversations: 'M2.5 4h10v7h-5l-3 2.5V11h-2z M14.5 7h3v7h-2v2.5L12.5 14h-4',
  personas: 'M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6z M4 17c0-3.3 2.7-5.5 6-5.5s6 2.2 6 5.5',
  models: 'M10 2.5l6.5 3.75v7.5L10 17.5l-6.5-3.75v-7.5z M3.5 6.25L10 10l6.5-3.75 M10 10v7.5',
  keys: 'M7 13a3.5 3.5 0 1 1 3.2-4.9h7.3v3h-2v2h-3v-2h-2.3A3.5 3.5 0 0 1 7 13z',
  usage: 'M3 17h14 M5.5 14V9.5 M10 14V4.5 M14.5 14V7',
  members:
    'M7.5 9a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5z M2.5 16c0-2.8 2.2-4.5 5-4.5s5 1.7 5 4.5 M13 4a2.5 2.5 0 0 1 0 5 M14.5 11.8c1.9.6 3 2 3 4.2',
  settings:
    'M3 6h8 M15 6h2 M3 14h2 M9 14h8 M13 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4z M7 16a2 2 0 1 0 0-4 2 2 0 0 0 0 4z',
  health: 'M2.5 10.5h4l2-6 3.5 11 2-5h3.5',
  search: 'M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11z M13 13l4 4',
  more: 'M4.5 10h.01 M10 10h.01 M15.5 10h.01',
  plus: 'M10 4v12 M4 10h12',
  close: 'M5 5l10 10 M15 5L5 15',
  check: 'M4 10.5l4 4 8-9',
  copy: 'M7 7h9v9H7z M13 7V4H4v9h3',
  down: 'M5 8l5 5 5-5',
  left: 'M12.5 5l-5 5 5 5',
  right: 'M7.5 5l5 5-5 5',
  trash: 'M4 6h12 M8 6V4h4v2 M6 6l.7 10h6.6L14 6',
  pencil: 'M4 16l.8-3.4L13 4.4l2.6 2.6-8.2 8.2z',
  warning: 'M10 3.5l7.5 13h-15z M10 8.5v4 M10 14.8h.01',
  info: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z M10 9.5v4 M10 6.8h.01',
  refresh: 'M16 10a6 6 0 1 1-1.8-4.3 M16.5 3v3.5H13',
  link: 'M8.5 11.5l3-3 M7 9l-2 2a2.8 2.8 0 0 0 4 4l2-2 M13 11l2-2a2.8 2.8 0 0 0-4-4L9 7',
  globe:
    'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z M3 10h14 M10 3c2 2 3 4.5 3 7s-1 5-3 7c-2-2-3-4.5-3-7s1-5 3-7z',
  signOut: 'M8 4H4v12h4 M8.5 10H17 M14 7l3 3-3 3',
  keyboard: 'M2.5 5.5h15v9h-15z M5.5 8.5h.01 M8.5 8.5h.01 M11.5 8.5h.01 M14.5 8.5h.01 M6.5 11.5h7',
  sun: 'M10 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6z M10 2.5v2 M10 15.5v2 M2.5 10h2 M15.5 10h2 M4.7 4.7l1.4 1.4 M13.9 13.9l1.4 1.4 M4.7 15.3l1.4-1.4 M13.9 6.1l1.4-1.4',
  play: 'M6 4l10 6-10 6z',
  good: 'M7 9l3-6c1.3 0 2 .9 2 2v3h4.5l-1.3 8H7z M7 9H3.5v7H7',
  bad: 'M13 11l-3 6c-1.3 0-2-.9-2-2v-3H3.5l1.3-8H13z M13 11h3.5V4H13',
  start: 'M4 4h12 M10 17V7.5 M5.5 12L10 7.5l4.5 4.5',
  calendar: 'M3.5 5h13v11.5h-13z M3.5 8.5h13 M7 3v3.5 M13 3v3.5',
  receipt: 'M5 3h10v14l-2.5-1.5L10 17l-2.5-1.5L5 17z M8 7h4 M8 10.5h4',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg
      viewBox="0 0 20 20"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      stroke-width={name === 'more' ? 2.5 : 1.5}
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
      data-turns={name === 'left' || name === 'right' || name === 'signOut' || undefined}
    >
      <path d={paths[name]} />
    </svg>
  );
}
