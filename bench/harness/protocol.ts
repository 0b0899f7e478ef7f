/** The messages between the bench and its child processes, over their IPC channel. */

/** How the upstream answers from now on. */
export interface Pace {
  readonly tokensPerSecond: number;
  /** Tokens of one answer. */
  readonly tokens: number;
  /** Time between the request and the first token. */
  readonly firstTokenMs: number;
  /** Streams over which the phases are spread evenly; 0: each stream counts from its own request. */
  readonly spreadOver: number;
}

/** The frames that a bare broadcaster sends to each of its viewers from now on, one at a time. */
export interface Broadcast {
  readonly frames: readonly string[];
  readonly framesPerSecond: number;
}

/** Live memory of a Node process after a full collection, over all of its threads. */
export interface HeapReport {
  readonly threads: readonly { readonly threadId: number; readonly bytes: number }[];
}

export type ProbeQuestion =
  | { readonly ask: 'heap' }
  | { readonly ask: 'profile-start' }
  | { readonly ask: 'profile-stop'; readonly prefix: string };

export type ToParty =
  | { readonly to: 'upstream'; readonly pace: Pace }
  | { readonly to: 'broadcast'; readonly broadcast: Broadcast }
  | { readonly to: 'probe'; readonly id: number; readonly question: ProbeQuestion };

export type FromParty =
  | { readonly from: 'party'; readonly port: number }
  | { readonly from: 'upstream'; readonly paced: true }
  | { readonly from: 'broadcast'; readonly begun: true }
  | { readonly from: 'probe'; readonly id: number; readonly report: HeapReport };
