/** Finds stored chat completions that have ended, and shows them. */
import { notFound } from '../../../../domain/errors.ts';
import type { Scope } from '../../../../domain/scope.ts';
import { unknownUsage } from '../../../../domain/usage.ts';
import { findMessageParts } from '../../../../store/queries/message-parts.ts';
import { findStoredCompletion, type StoredCompletion } from '../../../../store/queries/stored-completions.ts';
import type { Database } from '../../../../store/store.ts';
import { readWholeId } from '../ids.ts';
import { completionEchoOf } from './echo.ts';
import { toCompletion } from './resource.ts';

/** @throws AppError not_found */
export async function findCompletion(reads: Database, scope: Scope, id: string): Promise<StoredCompletion> {
  const generationId = readWholeId('chatcmpl', id);
  const found = generationId && (await findStoredCompletion(reads, scope, generationId));
  if (!found) throw notFound('chat completion');
  return found;
}

export async function showCompletion(reads: Database, { generation, metadata }: StoredCompletion) {
  const message = await findMessageParts(reads, generation.messageId);
  return toCompletion({
    generationId: generation.id,
    messageId: generation.messageId,
    createdAt: generation.createdAt,
    echo: completionEchoOf(generation.parameters, generation.modelName),
    parts: message?.parts ?? [],
    finishReason: generation.finishReason ?? 'stop',
    usage: generation.usage ?? unknownUsage,
    metadata,
  });
}
