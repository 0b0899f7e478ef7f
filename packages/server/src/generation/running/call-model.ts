/** Runs the model of one generation and appends what it says to the log. */
import { AppError } from '../../domain/errors.ts';
import type { FinishReason, Outcome } from '../../domain/generation.ts';
import { storable } from '../../domain/text/storable.ts';
import { noUsage, reportedUsage, type Usage, unknownUsage } from '../../domain/usage.ts';
import type { LanguageModel, ModelPart, ModelRequest } from '../../models/language-model.ts';
import { estimateUsage } from '../calls/estimate-usage.ts';
import type { LiveGeneration } from '../log/live-generation.ts';
import type { LogWriter } from '../log/log-writer.ts';
import { TextNormalizer } from '../log/text-normalizer.ts';

export interface RunDependencies {
  readonly writer: LogWriter;
  readonly now: () => number;
  onUnexpected(error: unknown): void;
}

/** If more events than this wait for a commit, the model is not read until the store has caught up. */
const maxPending = 2000;

/** How a call ended; `dropped` if the generation no longer belongs to this process. */
export type RunEnd = { readonly kind: 'ended'; readonly outcome: Outcome } | { readonly kind: 'dropped' };

export async function runModel(
  live: LiveGeneration,
  model: LanguageModel,
  request: ModelRequest,
  dependencies: RunDependencies,
): Promise<RunEnd> {
  const appender = new PartAppender(live, dependencies);
  if (live.isCancelled && !live.isDropped) {
    appender.close();
    return {
      kind: 'ended',
      outcome: { status: 'cancelled', finish_reason: 'cancelled', usage: noUsage, error: null },
    };
  }
  let failure: unknown;
  try {
    for await (const parts of model.stream(request, { signal: live.signal })) {
      for (const part of parts) appender.take(part);
      while (live.pendingCount > maxPending && live.commitUnderWay !== undefined) await live.commitUnderWay;
    }
  } catch (error) {
    failure = error;
  }
  appender.close();
  if (live.isDropped) return { kind: 'dropped' };
  if (live.refusal !== undefined) failure = live.refusal;
  const written = live.message.everything();
  // Providers don't say whether they bill a call that failed before its first word.
  const isUnknown = failure !== undefined && written === '' && !live.isCancelled;
  const usage =
    appender.usage ?? (isUnknown ? unknownUsage : estimateUsage(model, request.messages, written));
  if (live.isCancelled) {
    return {
      kind: 'ended',
      outcome: { status: 'cancelled', finish_reason: 'cancelled', usage, error: null },
    };
  }
  if (failure !== undefined) return { kind: 'ended', outcome: failed(failure, usage, dependencies) };
  return {
    kind: 'ended',
    outcome: { status: 'done', finish_reason: appender.finishReason ?? 'stop', usage, error: null },
  };
}

function failed(failure: unknown, usage: Usage, dependencies: RunDependencies): Outcome {
  if (failure instanceof AppError) {
    const { code, message } = failure;
    return { status: 'failed', finish_reason: null, usage, error: { code, message: storable(message) } };
  }
  dependencies.onUnexpected(failure);
  return {
    status: 'failed',
    finish_reason: null,
    usage,
    error: { code: 'internal', message: 'the answer failed for an internal reason' },
  };
}

/** Turns a model's parts into events of the log. */
class PartAppender {
  readonly #live: LiveGeneration;
  readonly #dependencies: RunDependencies;
  readonly #normalizer = new TextNormalizer();
  /** Whether the open part was begun here, and does not hold what was written before this call. */
  #isOwn = false;
  usage: Usage | undefined;
  finishReason: FinishReason | undefined;

  constructor(live: LiveGeneration, dependencies: RunDependencies) {
    this.#live = live;
    this.#dependencies = dependencies;
  }

  take(part: ModelPart): void {
    switch (part.type) {
      case 'text':
      case 'reasoning':
        this.#delta(part.type, part.text);
        break;
      case 'text-was-reasoning':
        if (this.#isOwn && this.#live.message.openKind === 'text') this.#closePart('reasoning');
        break;
      case 'tool-call':
        this.#closePart();
        this.#append({
          type: 'part-started',
          kind: 'tool-call',
          id: storable(part.id),
          name: storable(part.name),
        });
        this.#append(storable(part.arguments));
        this.#append({ type: 'part-finished' });
        break;
      case 'usage':
        this.usage = reportedUsage(part.promptTokens, part.completionTokens) ?? this.usage;
        break;
      case 'finish':
        this.finishReason = part.reason;
    }
  }

  close(): void {
    this.#closePart();
  }

  #delta(kind: 'text' | 'reasoning', text: string): void {
    const live = this.#live;
    if (live.message.openKind !== kind) {
      this.#closePart();
      if (text === '') return;
      this.#isOwn = true;
      this.#append({ type: 'part-started', kind });
    }
    const normalized = this.#normalizer.push(text);
    if (normalized === '') return;
    const isFirst = live.firstTokenAt === null;
    if (isFirst) live.markFirstToken(this.#dependencies.now());
    live.append(normalized);
    this.#dependencies.writer.touch(live, isFirst);
  }

  #closePart(kind?: 'reasoning'): void {
    if (this.#live.message.openKind === undefined) return;
    const rest = this.#normalizer.end();
    if (rest !== '') this.#append(rest);
    this.#append({ type: 'part-finished', ...(kind !== undefined && { kind }) });
  }

  #append(event: Parameters<LiveGeneration['append']>[0]): void {
    this.#live.append(event);
    this.#dependencies.writer.touch(this.#live, false);
  }
}
