/** Finds out whether a model answers, by a real call for a few tokens. */
import { AppError } from '../domain/errors.ts';
import type { ModelRecord } from '../domain/model.ts';
import { explainRefusal } from '../network/connection-failure.ts';
import type { LanguageModel, ModelRequest } from './language-model.ts';
import { ModelError } from './model-error.ts';

export interface ModelTestResult {
  readonly ok: boolean;
  readonly latency_ms: number;
  readonly error: string | null;
  /** What is odd about the answer, in a sentence; null where nothing is. */
  readonly remark: string | null;
}

const timeoutMs = 30_000;
/** Tokens of the answer at most; some servers refuse bounds below this one. */
const usualTokens = 16;
/** Enough for models that think first, and whose servers take it for a failure where the thinking alone fills the bound. */
const patientTokens = 2_048;

const request = {
  messages: [{ role: 'user', text: 'Say: ok' }],
  // A model that thinks first may have no room for a word; it has answered all the same.
  mayBeEmpty: true,
} as const;

/** What goes wrong at the model is in the result; other errors are thrown. */
export async function testModel(
  models: { get(record: ModelRecord): LanguageModel },
  record: ModelRecord,
): Promise<ModelTestResult> {
  const startedMs = performance.now();
  const latency = (): number => Math.round(performance.now() - startedMs);
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const remark = await ask(models.get(record), signal);
    return { ok: true, latency_ms: latency(), error: null, remark };
  } catch (error) {
    const failed = { ok: false, latency_ms: latency(), remark: null };
    if (error instanceof AppError)
      return { ...failed, error: explainRefusal(error, 'base_url') ?? error.message };
    if (error instanceof DOMException) return { ...failed, error: `no answer within ${timeoutMs / 1000} s` };
    throw error;
  }
}

/** Gives what is odd about the answer. @throws ModelError, the signal's reason */
async function ask(model: LanguageModel, signal: AbortSignal): Promise<string | null> {
  const withoutReasoning = model.skipsReasoning === true;
  const asked = { ...request, parameters: { maxTokens: usualTokens } };
  try {
    return await readAnswer(model, { ...asked, withoutReasoning }, signal);
  } catch (error) {
    // OpenAI's reasoning models refuse where the bound is reached before the first word.
    const isRefused = error instanceof ModelError && (error.status === 400 || error.status === 422);
    if (!isRefused) throw error;
    const parameters = { maxTokens: patientTokens };
    const remark = await readAnswer(model, { ...request, parameters }, signal).catch(() => {
      throw error;
    });
    return remark ?? `the model answers, but not within ${usualTokens} tokens`;
  }
}

async function readAnswer(
  model: LanguageModel,
  question: ModelRequest,
  signal: AbortSignal,
): Promise<string | null> {
  let hasText = false;
  let reason = '';
  for await (const parts of model.stream(question, { signal })) {
    for (const part of parts) {
      if (part.type === 'text' && part.text.trim() !== '') hasText = true;
      else if (part.type === 'text-was-reasoning') hasText = false;
      else if (part.type === 'finish') reason = part.reason;
    }
  }
  if (hasText) return null;
  return `the model answered without a word, with the finish reason ${reason}, as models do that think first`;
}
