/** The types of `@colloquy/widget`. They stand alone: what they describe is one bundle. A test holds them against it. */

/** What the site's own back end has got from `POST /api/chat/get_token`. */
export interface Token {
  readonly token: string;
  /** Unix seconds, or an ISO 8601 text. */
  readonly expires_at?: number | string;
  readonly expiresAt?: number | string;
}
export type GetToken = () => Promise<Token | string> | Token | string;

/** Words of the chat by name; those that depend on something are functions. */
export type Words = Readonly<Record<string, string | ((...values: never[]) => string)>>;

export interface ColloquyChatEvents {
  /** The element can be used. */
  'colloquy:ready': Record<string, never>;
  'colloquy:open': Record<string, never>;
  'colloquy:close': Record<string, never>;
  /** The visitor has said something, and the server has it. */
  'colloquy:message': { readonly text: string };
  /** An answer is over, however it ended. */
  'colloquy:answer': {
    readonly messageId: string;
    readonly text: string;
    readonly status: 'done' | 'cancelled' | 'failed' | 'interrupted';
    /** Of the conversation. */
    readonly session: string | undefined;
    /** Addresses of what it draws on. */
    readonly sources: readonly string[];
  };
  /** The visitor has begun another conversation, or deleted the one that was shown. */
  'colloquy:new': Record<string, never>;
  'colloquy:error': { readonly code: string; readonly message: string };
  'colloquy:feedback': { readonly messageId: string; readonly rating: 1 | -1 | 0 };
  /** A link of an answer is followed. `preventDefault()`: the page does something else. */
  'colloquy:link': { readonly href: string };
}
export type ColloquyChatEventName = keyof ColloquyChatEvents;

export interface ColloquyChatElement extends HTMLElement {
  /** In place of `token-endpoint`: gives what `get_token` answers. */
  getToken: GetToken | undefined;
  /** Words in place of those of the language. */
  strings: Words;
  readonly isOpen: boolean;
  open(): void;
  close(): void;
  toggle(): void;
  /** Opens the chat and says something for the visitor. Resolves once the server has it: true. */
  send(text: string): Promise<boolean>;
  newConversation(): void;
  /** Goes along with every message. @throws TypeError for what can't be sent */
  setContext(context: Readonly<Record<string, string | number | boolean | null | undefined>>): void;
  addEventListener<Name extends ColloquyChatEventName>(
    name: Name,
    listener: (event: CustomEvent<ColloquyChatEvents[Name]>) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    name: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

export type AttributeName =
  | 'server'
  | 'token-endpoint'
  | 'api-key'
  | 'persona'
  | 'mode'
  | 'open'
  | 'position'
  | 'offset'
  | 'heading'
  | 'greeting'
  | 'placeholder'
  | 'suggestions'
  | 'footer'
  | 'privacy-href'
  | 'signin-href'
  | 'lang'
  | 'color-scheme'
  | 'history'
  | 'user-key'
  | 'send-key'
  | 'markdown'
  | 'links';

/** Attributes of the element; `true` is one without a value. */
export interface MountOptions extends Readonly<Partial<Record<AttributeName, string | boolean | undefined>>> {
  readonly getToken?: GetToken | undefined;
  readonly strings?: Words | undefined;
  /** Default: the end of the body. */
  readonly target?: Element | undefined;
}

/** Defines the element and puts one into the page. @returns it: `remove()` takes it away */
export function mount(options: MountOptions): ColloquyChatElement;

/** Defines `<colloquy-chat>`, once. @param server the default of `server` */
export function defineColloquyChat(server?: string): void;

declare global {
  interface HTMLElementTagNameMap {
    'colloquy-chat': ColloquyChatElement;
  }
}
