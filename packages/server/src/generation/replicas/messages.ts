/** What servers of one store tell each other about generations. */
import type { LogEvent } from '../../domain/event.ts';

/** Committed events of a generation, from its owner to a server that watches it. */
export interface SentRun {
  readonly id: string;
  readonly firstSeq: number;
  readonly events: readonly LogEvent[];
  /** The seq of the last event that a segment held when this was sent. */
  readonly segmentedSeq: number;
  /** Whether it answers `watch`: it then begins right behind the segments, and has all that is committed. */
  readonly isAnswer: boolean;
}

export type ReplicaMessage = { readonly from: string } & (
  | { readonly kind: 'watch' | 'unwatch' | 'cancel' | 'wake'; readonly ids: readonly string[] }
  | { readonly kind: 'events'; readonly owner: number; readonly runs: readonly SentRun[] }
  /** The owner does not run these, or runs them no more. */
  | { readonly kind: 'left'; readonly ids: readonly string[] }
  /** An owner that nobody could reach is there again, and knows of no watchers. */
  | { readonly kind: 'joined'; readonly owner: number }
  /** A server has ended its lease: what it ran is to be claimed. */
  | { readonly kind: 'released' }
);

/** Everybody's topic, a server's own, and that of an owner, which only the owner's server hears. */
export const everybody = 'servers';
export const serverTopic = (server: string): string => `server:${server}`;
export const ownerTopic = (owner: number): string => `owner:${owner}`;

/** Undefined for what another version says, or a stranger. */
export function parseMessage(text: string): ReplicaMessage | undefined {
  try {
    const message = JSON.parse(text) as ReplicaMessage | null;
    return typeof message === 'object' && message !== null && typeof message.from === 'string'
      ? message
      : undefined;
  } catch {
    return undefined;
  }
}
