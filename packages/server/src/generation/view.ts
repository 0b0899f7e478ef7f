/** A stored generation as the engine shows it. */
import { notFound } from '../domain/errors.ts';
import type { GenerationRecord } from '../domain/generation.ts';
import type { RevisionReference } from '../domain/persona.ts';
import type { Scope } from '../domain/scope.ts';
import { findGeneration } from '../store/queries/generations.ts';
import type { Database } from '../store/store.ts';
import type { GenerationView } from './interface.ts';
import type { LiveGeneration } from './log/live-generation.ts';

/** @throws AppError not_found */
export async function getGeneration(reads: Database, scope: Scope, id: string): Promise<GenerationRecord> {
  const generation = await findGeneration(reads, scope, id);
  if (generation === undefined) throw notFound('generation');
  return generation;
}

export function toView(generation: GenerationRecord, live: LiveGeneration | undefined): GenerationView {
  return {
    id: generation.id,
    status: generation.status,
    dialect: generation.dialect,
    conversationId: generation.conversationId,
    sessionId: generation.sessionId,
    replyTo: generation.replyTo,
    messageId: generation.messageId,
    createdBy: generation.createdBy,
    model: { id: generation.modelId, name: generation.modelName, provider: generation.provider },
    createdAt: generation.createdAt,
    startedAt: generation.startedAt,
    firstTokenAt: generation.firstTokenAt ?? live?.firstTokenAt ?? null,
    finishedAt: generation.finishedAt,
    finishReason: generation.finishReason,
    usage: generation.usage,
    error: generation.error,
    retries: generation.retries,
    cost: generation.cost,
    requestedModelId: generation.requestedModelId,
    parameters: generation.parameters,
    persona: personaOf(generation),
  };
}

function personaOf({ personaId, personaVersion }: GenerationRecord): RevisionReference | null {
  return personaId === null || personaVersion === null ? null : { personaId, version: personaVersion };
}
