/** What this view reads of the server. */
import type { Creator } from '../../parts/creators.ts';

export type GenerationStatus = 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';
export type Environment = 'prod' | 'test';

export interface Conversation {
  readonly id: string;
  readonly title: string;
  readonly environment: Environment;
  readonly user_id: string | null;
  readonly is_archived: boolean;
  /** Of its newest generation. */
  readonly status: GenerationStatus | null;
  readonly messages: number;
  readonly sessions: number;
  readonly generations: number;
  readonly total_tokens: number;
  /** Of its newest generation. */
  readonly model_name: string | null;
  readonly persona: PersonaReference | null;
  readonly cost: number | null;
  readonly created_by: Creator | null;
  readonly created_at: string;
  readonly updated_at: string;
  /** With a search: the text around the words. */
  readonly snippet?: string;
  /** With a search: the message that the words stand in; null: they stand in the title. */
  readonly message_id?: string | null;
}

export interface PersonaReference {
  readonly id: number;
  readonly version: number;
}

export interface Session {
  readonly id: string;
  readonly model_id: string;
  readonly persona: PersonaReference | null;
  readonly status: 'active' | 'completed';
  readonly created_at: string;
  readonly updated_at: string;
}

export interface ConversationWithSessions extends Conversation {
  readonly session_list: readonly Session[];
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly provenance: 'reported' | 'estimated' | 'unknown';
}

export interface Failure {
  readonly code: string;
  readonly message: string;
}

export interface Message {
  readonly id: string;
  readonly role: 'user' | 'assistant';
  readonly content: string;
  readonly created_at: string;
  readonly chat_session_id: string;
  readonly generation_id: string | null;
  /** Whether it lies on the branch that its session shows. */
  readonly is_current: boolean;
  readonly model_name: string | null;
  readonly persona: PersonaReference | null;
  readonly status: GenerationStatus;
  readonly usage: Usage | null;
  readonly cost: number | null;
  readonly error: Failure | null;
  readonly sources: readonly {
    readonly index: number;
    readonly title: string;
    readonly url: string;
    readonly snippet: string;
  }[];
  readonly reasoning?: string | null;
}

export interface Thread {
  readonly messages: readonly Message[];
  /** The messages beside one, itself included, by its id. */
  readonly siblings: Readonly<Record<string, readonly string[]>>;
  readonly leaf: string | null;
  readonly has_more_before: boolean;
  readonly has_more_after: boolean;
  readonly running: string | null;
}

export interface Generation {
  readonly id: string;
  readonly status: GenerationStatus;
  readonly message_id: string;
  readonly session_id: string;
  readonly model: { readonly name: string };
  readonly created_at: string;
  readonly started_at: string | null;
  readonly first_token_at: string | null;
  readonly finished_at: string | null;
  readonly usage: Usage | null;
  readonly cost: number | null;
  readonly retries: number;
  readonly owner: number | null;
  readonly error: Failure | null;
}

export interface EndUser {
  readonly id: string;
  readonly user_id: string;
  readonly environment: Environment;
  readonly conversations: number;
  readonly requests: number;
  readonly errors: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly cost: number;
  readonly unpriced_calls: number;
  readonly limits: Readonly<Record<string, number | null | undefined>>;
  readonly consumed: Readonly<Record<string, number | null | undefined>>;
  readonly created_at: string;
  readonly last_active_at: string | null;
}

export interface ErasedUser {
  /** How many entries went, by store. */
  readonly deleted: Readonly<Record<string, number>>;
  /** Where copies may still be, and until when: sentences. */
  readonly kept: readonly string[];
}

export interface Named {
  readonly id: string | number;
  readonly name: string;
}
