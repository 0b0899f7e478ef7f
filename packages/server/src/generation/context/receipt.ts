/** What a model was sent for an answer, told afterwards: the receipt as it is stored, and as it is read. */
import { createHash } from 'node:crypto';
import type { MessageRole } from '../../domain/message.ts';
import type { PersonaRevision } from '../../domain/persona.ts';
import { findSummary, readChain } from '../../store/queries/context.ts';
import type { Database } from '../../store/tables.ts';
import { contextWindowOf } from '../plan/context-window.ts';
import type { RunPlan } from '../plan/plan.ts';
import { historyUnits } from './history-units.ts';

export type ContextSection = 'system' | 'summary' | 'history' | 'message' | 'sources';
export type Treatment = 'whole' | 'summarised' | 'dropped';

export interface SectionTokens {
  readonly section: ContextSection;
  readonly tokens: number;
}

/** Consecutive messages of a history. */
export interface MessageRange {
  /** Null: there are more than were looked at. */
  readonly count: number | null;
  readonly first_message_id: string | null;
  readonly last_message_id: string;
}

/** Of constant size, however long the history is. */
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
  /** Messages of the history from this position on went in whole; up to the other one, as the summary. */
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
  readonly status: 'recorded' | 'expected';
  /** Oldest first: the newest of those that went in whole, then some older ones; the ranges tell of all. */
  readonly messages: readonly ReceiptMessage[];
  /** `text` is null once the summary is gone with a message that it told of. */
  readonly summary: { readonly id: string; readonly version: number; readonly text: string | null } | null;
  readonly tokens_provenance: 'estimated';
}

/** Messages in a receipt's list: such as went in whole, and others beyond them. */
const maxWholeListed = 1000;
const maxOthersListed = 100;

export function receiptHead(plan: RunPlan): Pick<StoredReceipt, 'model' | 'persona'> {
  const { record, revision } = plan;
  return {
    model: { id: record.id, name: record.name, context_window: contextWindowOf(plan) },
    persona:
      revision === undefined
        ? null
        : {
            persona_id: revision.persona_id,
            version: revision.version,
            sha256: hashRevision(revision),
          },
  };
}

/**
 * SHA-256, in hex, of what a revision makes a model do: the JSON of its system prompt, model and parameters, keys in
 * alphabetical order, without blanks, without those that are not set.
 */
export function hashRevision(revision: Omit<PersonaRevision, 'persona_id' | 'version'>): string {
  const { internet, max_tokens, model_id, seed, stop, system_prompt, temperature, top_p } = revision;
  const canonical = { internet, max_tokens, model_id, seed, stop, system_prompt, temperature, top_p };
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
}

/** The receipt with what is read for it now: the summary's text, and the messages that are still there. */
export async function showReceipt(
  reads: Database,
  generation: { readonly id: string; readonly reply_to: string },
  stored: StoredReceipt,
  status: ContextReceipt['status'],
): Promise<ContextReceipt> {
  const { summary, whole_from_position, summarised_through_position, ...facts } = stored;
  const text = summary === null ? null : ((await findSummary(reads, summary.id))?.text ?? null);
  return {
    generation_id: generation.id,
    status,
    ...facts,
    messages: await listMessages(reads, generation.reply_to, stored),
    summary: summary === null ? null : { ...summary, text },
    tokens_provenance: 'estimated',
  };
}

async function listMessages(
  reads: Database,
  messageId: string,
  stored: StoredReceipt,
): Promise<ReceiptMessage[]> {
  const { whole_from_position, summarised_through_position } = stored;
  const listed: ReceiptMessage[] = [];
  let others = 0;
  for await (const unit of historyUnits(messageId, (id, limit) => readChain(reads, id, limit))) {
    for (const { id, role, position } of unit.entries.toReversed()) {
      const isWhole = position >= whole_from_position;
      if (!isWhole) others++;
      if (others > maxOthersListed || listed.length - others >= maxWholeListed) return listed.reverse();
      const isSummarised = summarised_through_position !== null && position <= summarised_through_position;
      const treatment = isWhole && unit.isSendable ? 'whole' : isSummarised ? 'summarised' : 'dropped';
      listed.push({ id, role, treatment });
    }
  }
  return listed.reverse();
}
