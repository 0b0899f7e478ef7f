/** From the body of a draft to the settings of a new version. */
import type { Static } from 'typebox';
import { normalizeNewlines } from '../../../domain/text/newlines.ts';
import type { NewRevision } from '../../../store/commands/personas.ts';
import type { RevisionBody } from './schema.ts';

export function revisionOf(body: Static<typeof RevisionBody>): NewRevision {
  return {
    systemPrompt: normalizeNewlines(body.system_prompt),
    modelId: body.model_id.toLowerCase(),
    temperature: body.temperature ?? null,
    topP: body.top_p ?? null,
    maxTokens: body.max_tokens ?? null,
    stop: body.stop?.map(normalizeNewlines) ?? null,
    seed: body.seed ?? null,
    internet: body.internet ?? false,
    fallbacks: body.fallbacks?.map((id) => id.toLowerCase()) ?? [],
    note: normalizedOrNull(body.note),
    greeting: normalizedOrNull(body.greeting),
    suggestions: body.suggestions?.map(normalizeNewlines) ?? [],
    showReasoning: body.show_reasoning ?? false,
  };
}

function normalizedOrNull(text: string | null | undefined): string | null {
  return typeof text === 'string' ? normalizeNewlines(text) : null;
}
