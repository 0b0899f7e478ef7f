/** What the chat reads of the server's conversation dialect. */

export interface ListedConversation {
  readonly id: string;
  readonly title: string;
  readonly is_archived: boolean;
  readonly updated_at: string;
  /** Of a search. */
  readonly snippet?: string;
  /** Null: it was found by its title. */
  readonly message_id?: string | null;
}

export interface ListedSession {
  readonly id: string;
  readonly conversation_id: string;
  readonly model_id: string;
  readonly model_name: string | null;
  readonly persona: { readonly id: number; readonly version: number } | null;
}

export interface WithSessions {
  readonly conversation: ListedConversation;
  readonly chat_sessions: readonly ListedSession[];
}

export interface ListedModel {
  readonly id: string;
  readonly name: string;
  readonly is_default: boolean;
  /** Whether its answers can draw on the web here. */
  readonly internet: boolean;
}

export interface ListedVersion {
  readonly version: number;
  readonly model_id: string;
  readonly internet: boolean;
}

/** A persona that one can talk to. */
export interface ListedPersona {
  readonly id: number;
  readonly name: string;
  readonly active: ListedVersion | null;
  readonly next: ListedVersion | null;
}

/** Who answers: a model's id, or a persona's number with the version. */
export type Target =
  | { readonly kind: 'model'; readonly id: string }
  | { readonly kind: 'persona'; readonly id: number; readonly version: 'active' | 'next' };
