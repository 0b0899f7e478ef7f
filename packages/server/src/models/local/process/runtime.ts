/** Runs a GGUF file by llama.cpp in a process of its own, behind `LanguageModel`. */
import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { type Logger, silentLogger } from '../../../domain/logger.ts';
import { ReasoningFilter } from '../../answer/reasoning-filter.ts';
import { asTexts, fitMessages } from '../../fit-messages.ts';
import type { LanguageModel, ModelMessage, ModelPart, ModelRequest } from '../../language-model.ts';
import { ModelError } from '../../model-error.ts';
import { toGrammarSchema, UnfitSchemaError } from '../worker/json-schema.ts';
import type { LocalModelInfo } from '../worker/protocol.ts';
import { defaultTokenRatio, estimateTokens } from '../worker/token-ratio.ts';
import { createInbox } from './inbox.ts';
import { createSlots } from './slots.ts';
import type { WorkerEvent } from './worker-process.ts';
import { createWorkerSupervisor, type LocalRuntimeStatus } from './worker-supervisor.ts';

export interface LocalRuntimeOptions {
  readonly modelPath: string;
  /** Default: one less than the machine's cores, at least one. */
  readonly threads?: number;
  /** How many answers are generated at once, 1 or more. Default 4. */
  readonly sequences?: number;
  /** The most tokens of each answer's context; the model's own bound applies too. Default 4096. */
  readonly contextTokens?: number;
  /** How many answers may wait for a sequence. Default 64. */
  readonly queueLength?: number;
  /** Timeouts of one answer; they do not run while it waits in the queue or for the model to load. */
  readonly timeouts?: { readonly firstTokenMs?: number; readonly idleMs?: number };
  /** The environment of the process, which inherits nothing else: no key of a provider, no secret. Default: none. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  readonly logger?: Logger;
}

export interface LocalRuntime extends AsyncDisposable {
  /** Loads the model at the first request if `load` was not called. */
  readonly model: LanguageModel;
  /** Starts the process and loads the model; concurrent and later calls share one process. @throws ModelError */
  load(): Promise<LocalModelInfo>;
  status(): LocalRuntimeStatus;
}

export function createLocalRuntime(options: LocalRuntimeOptions): LocalRuntime {
  const sequences = options.sequences ?? 4;
  const habit = { beginsInside: false };
  const slots = createSlots(sequences, options.queueLength ?? 64);
  const supervisor = createWorkerSupervisor(
    {
      modelPath: options.modelPath,
      threads: options.threads ?? Math.max(1, availableParallelism() - 1),
      sequences,
      contextTokens: options.contextTokens ?? 4096,
    },
    { logger: options.logger ?? silentLogger, environment: options.environment ?? {} },
  );

  const model: LanguageModel = {
    provider: 'local',
    lacks: ['tools', 'images'],
    unfitSchema,
    canContinue: true,
    followsPrompts: true,
    writesQueries: false,
    countTokens: (text) => estimateTokens(text, supervisor.status().info ?? defaultTokenRatio),
    async *stream(wanted, { signal }) {
      const request = fitRequest(wanted);
      const release = await slots.acquire(signal);
      const attempt = { yielded: false };
      try {
        yield* streamOnce(request, signal, attempt, release);
      } catch (error) {
        if (!(error instanceof ProcessDied) || attempt.yielded) throw error;
        // Another answer may have crashed the process, so this one is tried once more, in a slot of its own.
        yield* streamOnce(request, signal, attempt, await slots.acquire(signal));
      }
    },
  };

  /** Releases the slot when the worker's sequence is free, which after a cancel is later than the end of the stream. */
  async function* streamOnce(
    request: ModelRequest,
    signal: AbortSignal,
    attempt: { yielded: boolean },
    release: () => void,
  ): AsyncGenerator<readonly ModelPart[]> {
    const inbox = createInbox<WorkerEvent>();
    // The worker tells reasoning apart where the template says how; some models reason without that.
    const isFree = request.continueLast !== true && request.responseFormat === undefined;
    const filter = isFree ? new ReasoningFilter(habit) : undefined;
    let call: { cancel(): void } | undefined;
    let over = false;
    try {
      const worker = await supervisor.worker(signal);
      call = worker.generate(request, request.parameters.seed ?? randomInt(2 ** 31), (event) => {
        if (event.type !== 'text' && event.type !== 'reasoning') {
          over = true;
          release();
        }
        inbox.put(event);
      });
      while (true) {
        const timeoutMs = attempt.yielded ? options.timeouts?.idleMs : options.timeouts?.firstTokenMs;
        const events = await inbox.take(signal, timeoutMs, () => late(attempt.yielded, timeoutMs));
        const parts = events.flatMap(toParts);
        filter?.take(parts, 0);
        if (parts.length > 0) {
          attempt.yielded = true;
          yield parts;
        }
        const last = events.at(-1)!;
        throwIfFailed(last);
        if (last.type === 'end') return;
      }
    } finally {
      if (call === undefined) release();
      else if (!over) call.cancel();
    }
  }

  return {
    model,
    load: () => supervisor.load(),
    status: () => supervisor.status(),
    [Symbol.asyncDispose]: () => supervisor[Symbol.asyncDispose](),
  };
}

function fitRequest(request: ModelRequest): ModelRequest {
  const { system, turns, continueLast } = fitMessages(request);
  const said: readonly ModelMessage[] = asTexts(turns);
  const instructions = [system, formInWords(request.responseFormat)].filter((text) => text !== '');
  const messages: readonly ModelMessage[] =
    instructions.length === 0 ? said : [{ role: 'system', text: instructions.join('\n\n') }, ...said];
  return { ...request, messages, continueLast };
}

/** A grammar makes a model write the form; what belongs into it, it has to be told. */
function formInWords(format: ModelRequest['responseFormat']): string {
  if (format === undefined) return '';
  if (format.type === 'json_object') return 'Answer with a JSON object, and nothing else.';
  return `Answer with JSON of this schema, and nothing else:\n${JSON.stringify(format.schema)}`;
}

function unfitSchema(schema: Readonly<Record<string, unknown>>): string | undefined {
  try {
    toGrammarSchema(schema);
    return undefined;
  } catch (error) {
    if (error instanceof UnfitSchemaError) return error.message;
    throw error;
  }
}

class ProcessDied extends ModelError {
  constructor(message: string) {
    super('provider_error', message, { retryable: true });
    this.name = 'ProcessDied';
  }
}

function toParts(event: WorkerEvent): ModelPart[] {
  switch (event.type) {
    case 'text':
    case 'reasoning':
      return [event];
    case 'end':
      return [
        { type: 'usage', promptTokens: event.promptTokens, completionTokens: event.completionTokens },
        { type: 'finish', reason: event.reason },
      ];
    case 'failed':
    case 'died':
      return [];
  }
}

function throwIfFailed(last: WorkerEvent): void {
  if (last.type === 'failed') {
    throw new ModelError(last.code, last.message, { retryable: false, overflow: last.overflow });
  }
  if (last.type === 'died') throw new ProcessDied(last.message);
}

function late(yielded: boolean, timeoutMs = 0): ModelError {
  const what = yielded ? 'nothing further' : 'no first token';
  return new ModelError('provider_timeout', `the local model sent ${what} within ${timeoutMs} ms`, {
    retryable: true,
  });
}
