/** What messages are made of. */
import type { ImageDetail } from './tools.ts';

export const messageRoles = ['system', 'developer', 'user', 'assistant', 'tool'] as const;
export type MessageRole = (typeof messageRoles)[number];

/** A page that an answer draws on. */
export interface Source {
  readonly index: number;
  readonly title: string;
  readonly url: string;
  readonly snippet: string;
}

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
