/** Messages: a tree per session; history is the ancestor chain of the message that is answered. */
import type { Source } from './event.ts';
import type { GenerationStatus } from './generation.ts';
import type { ImageDetail } from './request/tools.ts';

export const messageRoles = ['system', 'developer', 'user', 'assistant', 'tool'] as const;
export type MessageRole = (typeof messageRoles)[number];

/** The roles of messages that clients see. */
export const shownRoles = ['user', 'assistant'] as const satisfies readonly MessageRole[];
export type ShownRole = (typeof shownRoles)[number];

export type MessagePart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'tool-call'; readonly id: string; readonly name: string; readonly arguments: string }
  | { readonly type: 'tool-result'; readonly id: string; readonly result: string }
  | { readonly type: 'file'; readonly id: string; readonly media_type: string }
  /** An image at an address that the model's provider fetches, or as a `data:` address. */
  | { readonly type: 'image'; readonly url: string; readonly detail?: ImageDetail }
  /** An image that is stored beside the message. */
  | { readonly type: 'image'; readonly file_id: string; readonly detail?: ImageDetail }
  | { readonly type: 'sources'; readonly sources: readonly Source[]; readonly notice?: string };

/** A message of a client is `done` at once; an answer has the status of its generation. */
export type MessageStatus = GenerationStatus;

/** Longest accepted message, in code points; the chat dialect takes less. */
export const maxMessageCharacters = 200_000;
