/**
 * A context receipt says what a model was sent for an answer. Receipts are stored as JSON and go to clients, so their
 * fields keep the API's names.
 */
import type { ContextSection, ReceiptStatus, Treatment } from '../domain/generation.ts';
import type { MessageRole } from '../domain/message.ts';

export interface SectionTokens {
  readonly section: ContextSection;
  readonly tokens: number;
}

/** Consecutive messages of a history. */
export interface MessageRange {
  /** Null if there are more than were read. */
  readonly count: number | null;
  readonly first_message_id: string | null;
  readonly last_message_id: string;
}

/** A receipt as it is stored. Its size does not depend on the length of the history. */
export interface StoredReceipt {
  readonly model: { readonly id: string; readonly name: string; readonly context_window: number };
  readonly persona: {
    readonly persona_id: number;
    readonly version: number;
    readonly sha256: string;
  } | null;
  readonly budget_tokens: number;
  readonly sections: readonly SectionTokens[];
  readonly whole: MessageRange;
  readonly summarised: MessageRange | null;
  readonly dropped: MessageRange | null;
  readonly summary: { readonly id: string; readonly version: number } | null;
  /** Messages from this position on were sent whole; messages up to the next field's, as the summary. */
  readonly whole_from_position: number;
  readonly summarised_through_position: number | null;
}

export interface ReceiptMessage {
  readonly id: string;
  readonly role: MessageRole;
  readonly treatment: Treatment;
}

/** A receipt as clients see it. */
export interface ContextReceipt
  extends Omit<StoredReceipt, 'summary' | 'whole_from_position' | 'summarised_through_position'> {
  readonly generation_id: string;
  /** `expected`: the model has not been called here yet; this is how it would be now. */
  readonly status: ReceiptStatus;
  /** Oldest first: the newest messages that were sent whole, and some older ones; the ranges cover all. */
  readonly messages: readonly ReceiptMessage[];
  /** `text` is null if the summary was deleted together with a message that it covered. */
  readonly summary: { readonly id: string; readonly version: number; readonly text: string | null } | null;
  readonly tokens_provenance: 'estimated';
}
