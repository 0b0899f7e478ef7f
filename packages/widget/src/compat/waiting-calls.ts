/** Keeps what a page calls of ConverZen's widget before the layer that answers it is there. */

export type CompatMethod = 'init' | 'hide';
export interface WaitingCall {
  readonly method: CompatMethod;
  readonly config: unknown;
}

/** The names by which pages call it: the older one is still in use. */
export const globalNames = ['cvzWidget', 'GMCWidget'] as const;

export interface CompatGlobal {
  init(config: unknown): void;
  hide(): void;
  readonly waiting?: readonly WaitingCall[];
}
export type CompatWindow = Partial<Record<(typeof globalNames)[number], CompatGlobal>>;

export function keepCalls(page: object): void {
  const waiting: WaitingCall[] = [];
  const global: CompatGlobal = {
    waiting,
    init: (config) => void waiting.push({ method: 'init', config }),
    hide: () => void waiting.push({ method: 'hide', config: undefined }),
  };
  for (const name of globalNames) (page as CompatWindow)[name] = global;
}
