/** Finds out whether a model answers, by a real call for one token. */
import { AppError } from '../domain/errors.ts';
import type { ModelRecord } from '../domain/model.ts';
import { explainRefusal } from '../network/connection-failure.ts';
import type { LanguageModel } from './language-model.ts';

export interface ModelTestResult {
  readonly ok: boolean;
  readonly latency_ms: number;
  readonly error: string | null;
}

const timeoutMs = 30_000;

/** What goes wrong at the model is in the result; other errors are thrown. */
export async function testModel(
  models: { get(record: ModelRecord): LanguageModel },
  record: ModelRecord,
): Promise<ModelTestResult> {
  const startedMs = performance.now();
  const latency = (): number => Math.round(performance.now() - startedMs);
  const request = {
    messages: [{ role: 'user', text: 'Say: ok' }],
    parameters: { maxTokens: 1 },
  } as const;
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    for await (const _ of models.get(record).stream(request, { signal })) {
      // Only the end of the stream matters.
    }
    return { ok: true, latency_ms: latency(), error: null };
  } catch (error) {
    if (error instanceof AppError) {
      const reason = explainRefusal(error, 'base_url') ?? error.message;
      return { ok: false, latency_ms: latency(), error: reason };
    }
    if (error instanceof DOMException) {
      return { ok: false, latency_ms: latency(), error: `no answer within ${timeoutMs / 1000} s` };
    }
    throw error;
  }
}
