/** A turn: what a dialect asks the engine to answer, already authenticated and validated. */
import type { Dialect, GenerationOptions, PromptMessage, WhenBusy } from '../domain/generation.ts';
import type { SubjectLimits } from '../domain/limits/limits.ts';
import type { Metadata } from '../domain/message.ts';
import type { RevisionReference } from '../domain/persona.ts';
import type { Creator, Scope } from '../domain/scope.ts';
import type { RunBasis, SessionWithBasis } from '../store/queries/run-basis.ts';

/** A persona's revision. */
export interface TurnPersona extends RevisionReference {
  /** The revision and its model, if the same request has just read them; else the engine reads them. */
  readonly basis?: RunBasis;
}

/** What a turn runs on. */
export type TurnBasis = { readonly persona: TurnPersona } | { readonly modelId: string };

/** A message that a turn adds. Images at `data:` addresses are stored beside it. */
export interface TurnMessage extends PromptMessage {
  readonly metadata?: Readonly<Record<string, string>>;
  /** The id that the client has given it. */
  readonly clientId?: string;
}

/** The turn that adds a user's message with nothing but a text, and what the client keeps beside it. */
export function userText(text: string, metadata?: Metadata | null): readonly TurnMessage[] {
  return [{ role: 'user', parts: [{ type: 'text', text }], ...(metadata != null && { metadata }) }];
}

/** `messages`, oldest first, become a chain; the last of them is answered. */
export type TurnRequestTarget =
  /** A new conversation with its first session, on a persona's revision or on a bare model. */
  | ({
      readonly kind: 'new-conversation';
      readonly messages: readonly TurnMessage[];
      /** The id that the client has given the conversation. */
      readonly clientId?: string;
    } & TurnBasis)
  /**
   * A call of its own that is in no list and is erased soon after its end. The messages are sent as they are, never fitted;
   * the history of the message that they stand behind, if any, is read, fitted, and left as it was.
   */
  | ({
      readonly kind: 'stateless';
      readonly messages: readonly TurnMessage[];
      readonly behind?: string;
    } & TurnBasis)
  /** New messages in a session: at its head, or behind another message of it, to which the head moves. */
  | {
      readonly kind: 'session';
      readonly sessionId: string;
      readonly messages: readonly TurnMessage[];
      /** Absent: the head; null: they begin the session anew. */
      readonly parentId?: string | null;
      /** The session, if the same request has just read it; else the engine reads it. */
      readonly read?: SessionWithBasis;
    }
  /** New messages behind a message, in its session, whose head moves. Without any, that message is answered, whoever's. */
  | {
      readonly kind: 'behind';
      readonly messageId: string;
      readonly messages: readonly TurnMessage[];
      /** The message has to be the head. Default: it may stand anywhere. */
      readonly onlyAtHead?: boolean;
      /** Whether the turn takes the options and the basis of the answer that the message is. Default: it does not. */
      readonly continues?: boolean;
      /** The id under which the client shows the answer together with that message. Default: the answer's own. */
      readonly uiMessageId?: string;
    }
  /** The same in a new session of the same conversation. */
  | { readonly kind: 'fork'; readonly messageId: string; readonly messages: readonly TurnMessage[] }
  /** An answer to a message that exists; `again`: another attempt, though there is one, with that one's options. */
  | {
      readonly kind: 'message';
      readonly messageId: string;
      readonly again: boolean;
      /** An earlier answer, which the new one repeats word for word and then continues. */
      readonly continueFrom?: string;
    };

export interface TurnRequest {
  readonly scope: Scope;
  readonly target: TurnRequestTarget;
  readonly dialect: Dialect;
  readonly whenBusy: WhenBusy;
  /** The request's own bound; the effective one is the smallest of request, persona and model. */
  readonly maxTokens?: number;
  /** All that the session keeps from then on. Absent: what it has. */
  readonly sessionMetadata?: Metadata;
  /** Kept with the generation. Absent: none. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** What the persona's prompt may name of the request. Default: `metadata`. */
  readonly promptMetadata?: Metadata;
  /** What else it asks for. Default: nothing. */
  readonly options?: GenerationOptions;
  /** What it runs on in place of the session's own, for this generation only. */
  readonly runsOn?: TurnBasis;
  /** Answer with the web, whatever the persona says. */
  readonly internet?: boolean;
  /** The key that pays. */
  readonly apiKeyId: string | null;
  /** Whose limits hold for the turn. Default: nobody's. */
  readonly limits?: readonly SubjectLimits[];
  /** The ids of the personas that the key is held to; null or absent: all, and bare models. */
  readonly personas?: readonly number[] | null;
  /** The persona that the end user's token is for; null or absent: the caller has no such token. */
  readonly tokenPersona?: number | null;
  /** Who asks for it; null or absent: nobody that is known. */
  readonly createdBy?: Creator | null;
}

/** What would be asked, to count its tokens. */
export interface CountRequest
  extends Pick<TurnRequest, 'scope' | 'promptMetadata' | 'personas' | 'tokenPersona'> {
  /** Oldest first; there may be none. */
  readonly messages: readonly TurnMessage[];
  /** The stored message that they follow, with the history before it. Default: none. */
  readonly behind?: string;
  /** Default: what the session of that message runs on; else the tokens of no model in particular are counted. */
  readonly basis?: TurnBasis;
  readonly options: GenerationOptions;
}

/** A turn whose target is looked for only where no first try of the call has stored it. */
export type LateTurnRequest = Omit<TurnRequest, 'target'> & {
  /** @throws AppError, as `accept` does */
  findTarget(): Promise<TurnRequestTarget>;
};
