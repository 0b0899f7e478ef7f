/** Every view of the console, in the order of the rail. A new one: its folder here, and its entry. */
import type { ComponentType } from 'preact';
import type { Api } from '../api/api.ts';
import type { IconName } from '../parts/icons.tsx';
import { viewStrings } from './strings.ts';

export interface View {
  /** The first part of its address: `/console/<name>`. */
  readonly name: keyof ReturnType<typeof viewStrings>;
  readonly icon: IconName;
  /** `g` and this letter go there. */
  readonly letter: string;
  /** Whether it is there for whom is signed in. */
  readonly isFor: (api: Api) => boolean;
  /** The default export of `view.tsx`; it gets the routes below its name. */
  readonly load: () => Promise<{ readonly default: ComponentType }>;
}

const members = (api: Api) => api.isMember;
const administrators = (api: Api) => api.mayAdminister;

export const views: readonly View[] = [
  { name: 'chat', icon: 'chat', letter: 'c', isFor: members, load: () => import('./chat/view.tsx') },
  {
    name: 'conversations',
    icon: 'conversations',
    letter: 'v',
    isFor: administrators,
    load: () => import('./conversations/view.tsx'),
  },
  {
    name: 'personas',
    icon: 'personas',
    letter: 'p',
    isFor: administrators,
    load: () => import('./personas/view.tsx'),
  },
  {
    name: 'models',
    icon: 'models',
    letter: 'm',
    isFor: administrators,
    load: () => import('./models/view.tsx'),
  },
  {
    name: 'keys',
    icon: 'keys',
    letter: 'k',
    isFor: administrators,
    load: () => import('./keys/view.tsx'),
  },
  {
    name: 'usage',
    icon: 'usage',
    letter: 'u',
    isFor: administrators,
    load: () => import('./usage/view.tsx'),
  },
  {
    name: 'members',
    icon: 'members',
    letter: 'b',
    isFor: administrators,
    load: () => import('./members/view.tsx'),
  },
  {
    name: 'settings',
    icon: 'settings',
    letter: 's',
    isFor: () => true,
    load: () => import('./settings/view.tsx'),
  },
  {
    name: 'health',
    icon: 'health',
    letter: 'h',
    isFor: (api) => api.isOperator,
    load: () => import('./health/view.tsx'),
  },
];

export function viewsFor(api: Api): readonly View[] {
  return views.filter(({ isFor }) => isFor(api));
}

export function titleOf({ name }: View): string {
  return viewStrings()[name];
}
