/** The published types against the sources: the type checker fails where they differ. */
import type * as published from '../index.d.ts';
import type * as source from '../src/index.ts';

type Assignable<Given extends Wanted, Wanted> = Given;

export type Checks = [
  Assignable<source.ColloquyChatEvents, published.ColloquyChatEvents>,
  Assignable<published.ColloquyChatEventName, source.ColloquyChatEventName>,
  Assignable<source.ColloquyChatEventName, published.ColloquyChatEventName>,
  Assignable<
    Omit<source.ColloquyChatElement, 'addEventListener' | 'strings'>,
    Omit<published.ColloquyChatElement, 'addEventListener' | 'strings'>
  >,
  Assignable<Omit<published.MountOptions, 'strings'>, Omit<source.MountOptions, 'strings'>>,
  Assignable<Omit<source.MountOptions, 'strings'>, Omit<published.MountOptions, 'strings'>>,
  Assignable<published.GetToken, source.GetToken>,
];
