/** The program's log: JSON lines by pino, on standard error; credentials never appear in it. */
import { destination, type Logger, pino } from 'pino';
import type { WorkerLoss } from './concurrency/worker-pool.ts';
import type { LogLevel } from './config/config.ts';
import type { EndedGeneration } from './generation/running/ended.ts';

export type { Logger } from 'pino';

export function createLog(level: LogLevel): Logger {
  return pino(
    {
      level,
      base: null,
      redact: {
        paths: [
          'req.headers.authorization',
          'req.headers["x-api-key"]',
          'headers.authorization',
          'headers["x-api-key"]',
          '*.apiKey',
          '*.token',
        ],
        censor: '[redacted]',
      },
    },
    destination({ dest: 2, sync: true }),
  );
}

/** One line for each generation that has ended; it warns of those that failed. */
export function logEnded(log: Pick<Logger, 'info' | 'warn'>, ended: EndedGeneration): void {
  const { facts, outcome } = ended;
  const { status, error, usage } = outcome;
  const isFailure = status === 'failed' || status === 'interrupted';
  log[isFailure ? 'warn' : 'info'](
    {
      generation: ended.generationId,
      organization: facts.organizationId,
      environment: facts.environment,
      key: facts.apiKeyId,
      persona: facts.personaId,
      model: facts.model.name,
      model_id: facts.model.id,
      ...(facts.requestedModelId !== facts.model.id && { requested_model_id: facts.requestedModelId }),
      provider: facts.model.provider,
      dialect: facts.dialect,
      status,
      finish_reason: outcome.finish_reason,
      ...(error !== null && { code: error.code, reason: error.message }),
      queued_ms: ended.queuedMs,
      ttft_ms: ended.firstTokenMs,
      ms: ended.ms,
      prompt_tokens: usage.prompt_tokens,
      completion_tokens: usage.completion_tokens,
      provenance: usage.provenance,
      cost: ended.cost,
      retries: ended.retries,
    },
    'a generation ended',
  );
}

/** One warning for each process for foreign files that was lost. */
export function logLostExtraction(log: Pick<Logger, 'warn'>, { cause, reason }: WorkerLoss): void {
  const what =
    cause === 'start'
      ? 'a process that parses files from the web did not start; another one is tried'
      : 'a file from the web ended the process that parsed it; the answer continues without this file';
  log.warn({ cause, reason }, what);
}
