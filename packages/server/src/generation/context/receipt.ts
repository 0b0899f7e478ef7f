/** Receipts of what a model was sent: how they are made, and how they are completed when they are read. */
import { createHash } from 'node:crypto';
import type { PersonaRevision } from '../../domain/persona.ts';
import { readChain } from '../../store/queries/histories.ts';
import { findSummary } from '../../store/queries/summaries.ts';
import type { Database } from '../../store/store.ts';
import type { ContextReceipt, ReceiptMessage, StoredReceipt } from '../context-receipt.ts';
import { contextWindowOf } from '../plan/context-window.ts';
import type { RunPlan } from '../plan/plan.ts';
import { historyUnits } from './history-units.ts';

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
            persona_id: revision.personaId,
            version: revision.version,
            sha256: hashRevision(revision),
          },
  };
}

/**
 * SHA-256, in hex, of what a revision makes a model do: the JSON of its system prompt, model and parameters, keys in
 * alphabetical order, without blanks, without those that are not set.
 */
function hashRevision(revision: Omit<PersonaRevision, 'personaId' | 'version'>): string {
  const { internet, maxTokens, modelId, seed, stop, systemPrompt, temperature, topP } = revision;
  const canonical = {
    internet,
    max_tokens: maxTokens,
    model_id: modelId,
    seed,
    stop,
    system_prompt: systemPrompt,
    temperature,
    top_p: topP,
  };
  return createHash('sha256').update(JSON.stringify(canonical)).digest('hex');
}

/** The receipt with the summary's text and the messages that still exist, which are read now. */
export async function showReceipt(
  reads: Database,
  generation: { readonly id: string; readonly replyTo: string },
  stored: StoredReceipt,
  status: ContextReceipt['status'],
): Promise<ContextReceipt> {
  const { summary, whole_from_position, summarised_through_position, ...facts } = stored;
  const text = summary === null ? null : ((await findSummary(reads, summary.id))?.text ?? null);
  return {
    generation_id: generation.id,
    status,
    ...facts,
    messages: await listMessages(reads, generation.replyTo, stored),
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
