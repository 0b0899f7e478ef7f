/** The program's log by pino, on standard error: JSON lines, or readable ones on a terminal. It never has credentials. */
import { destination, type Logger, pino } from 'pino';
import type { LoadLevel, LoadSample } from './concurrency/load/load-watch.ts';
import type { WorkerLoss } from './concurrency/worker-pool.ts';
import type { LogFormat, LogLevel } from './config/config.ts';
import type { EndedGeneration } from './generation/running/ended.ts';
import { prettyLine } from './pretty-log.ts';
import type { WebhookAttempt } from './webhooks/sender.ts';

export type { Logger } from 'pino';

/** `auto` is `pretty` where standard error is a terminal, else `json`. */
export function createLog(level: LogLevel, format: LogFormat): Logger {
  const output = destination({ dest: 2, sync: true });
  const isPretty = format === 'pretty' || (format === 'auto' && process.stderr.isTTY === true);
  const hasColours = process.stderr.hasColors?.() === true;
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
          'req.headers.cookie',
          'headers.cookie',
          '*.apiKey',
          '*.token',
        ],
        censor: '[redacted]',
      },
    },
    isPretty ? { write: (line) => void output.write(prettyLine(line, { hasColours })) } : output,
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

const deliveryLines = {
  delivered: ['debug', 'a webhook was told'],
  retried: ['info', 'a webhook could not be told; it is tried again'],
  failed: ['warn', 'a webhook could not be told, and is not tried again'],
  gone: ['warn', 'the receiver of a webhook is gone; the webhook is no longer active'],
} as const satisfies Record<WebhookAttempt['outcome'], readonly [string, string]>;

/** One line for each attempt to deliver something to a webhook; it warns of what is given up. */
export function logDelivery(
  log: Pick<Logger, 'debug' | 'info' | 'warn'>,
  { outcome, ...attempt }: WebhookAttempt,
): void {
  const details = {
    webhook: attempt.webhookId,
    organization: attempt.organizationId,
    delivery: attempt.deliveryId,
    event: attempt.event,
    attempt: attempt.attempt,
    status: attempt.status,
    ...(attempt.error !== null && { reason: attempt.error }),
    ...(attempt.retryInMs !== null && { retry_in_ms: Math.round(attempt.retryInMs) }),
    ms: Math.round(attempt.ms),
  };
  const [level, sentence] = deliveryLines[outcome];
  log[level](details, sentence);
}

/** One warning for each process for foreign files that was lost. */
export function logLostExtraction(log: Pick<Logger, 'warn'>, { cause, reason }: WorkerLoss): void {
  const what =
    cause === 'start'
      ? 'a process that parses files from the web did not start; another one is tried'
      : 'a file from the web ended the process that parsed it; the answer continues without this file';
  log.warn({ cause, reason }, what);
}

/** One line when the server begins or ceases to refuse new work. */
export function logLoad(log: Pick<Logger, 'info' | 'warn'>, level: LoadLevel, sample: LoadSample): void {
  const details = {
    overload: level,
    loop_delay_ms: Math.round(sample.loopDelayMs),
    memory: sample.memory.kind,
    memory_percent: Math.round(100 * sample.memory.share),
  };
  if (level === 'normal') log.info(details, 'the server is no longer overloaded, and takes new turns again');
  else if (level === 'busy') log.warn(details, 'the server is overloaded, and refuses new turns');
  else
    log.warn(details, 'the server is overloaded, and refuses everything but resuming, cancelling and health');
}
