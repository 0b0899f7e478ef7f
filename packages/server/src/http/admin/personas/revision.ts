/** From the body of a draft to the settings of a new version. */
import type { Static } from 'typebox';
import { invalid } from '../../../domain/errors.ts';
import { maxMetadataName } from '../../../domain/message.ts';
import { namesInPrompt, promptNames } from '../../../domain/request/prompt-variables.ts';
import { cutGraphemes } from '../../../domain/text/graphemes.ts';
import { normalizeNewlines } from '../../../domain/text/newlines.ts';
import type { NewRevision } from '../../../store/commands/personas.ts';
import type { RevisionBody } from './schema.ts';

/**
 * `place` is what stands before the names of its fields in an error.
 * @throws AppError invalid_request, for a variable of the prompt that there is not
 */
export function revisionOf(body: Static<typeof RevisionBody>, place = ''): NewRevision {
  return {
    systemPrompt: checkedPrompt(normalizeNewlines(body.system_prompt), `${place}system_prompt`),
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

function checkedPrompt(prompt: string, field: string): string {
  const [unknown] = namesInPrompt(prompt).unknown;
  if (unknown === undefined) return prompt;
  const [shown, known] = [cutGraphemes(unknown, 100), promptNames.map((name) => `{{${name}}}`).join(', ')];
  throw invalid(
    field,
    `${field}: {{${shown}}} is no variable; there are ${known} and {{metadata.x}}, where x is a name of at most ${maxMetadataName} characters. Write \\{{ for braces that are to stay.`,
  );
}

function normalizedOrNull(text: string | null | undefined): string | null {
  return typeof text === 'string' ? normalizeNewlines(text) : null;
}
