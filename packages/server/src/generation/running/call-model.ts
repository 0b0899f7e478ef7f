/** Runs the model of one generation and appends what it says to the log. */
import { AppError } from '../../domain/errors.ts';
import type { FinishReason, Outcome } from '../../domain/generation.ts';
import { callId } from '../../domain/request/call-ids.ts';
import { storable } from '../../domain/text/storable.ts';
import { noUsage, reportedUsage, type Usage, unknownUsage } from '../../domain/usage.ts';
import type { LanguageModel, ModelPart, ModelRequest, RetriedFailure } from '../../models/language-model.ts';
import { ModelError } from '../../models/model-error.ts';
import type { Overflow } from '../../models/refusals/overflow.ts';
import { estimateUsage } from '../calls/estimate-usage.ts';
import { isOverflow } from '../context/overflow.ts';
import type { LiveGeneration } from '../log/live-generation.ts';
import type { LogWriter } from '../log/log-writer.ts';
import { TextNormalizer } from '../log/text-normalizer.ts';
import { isOfAccount, type Watch } from './breakers.ts';

export interface RunDependencies {
  readonly writer: LogWriter;
  readonly now: () => number;
  onUnexpected(error: unknown): void;
}

/** Gives the request to send instead of one that was too long for the model; undefined: there is none. */
export type Refit = (request: ModelRequest, overflow: Overflow) => Promise<ModelRequest | undefined>;

/** How a model is asked. */
export interface CallManner {
  readonly watch: Watch;
  /** Whether another model could answer at once. */
  isHurried(): boolean;
}

/** If more events than this wait for a commit, the model is not read until the store has caught up. */
const maxPending = 2000;

/** How a call ended; `dropped` if the generation no longer belongs to this process. */
export type RunEnd =
  | {
      readonly kind: 'ended';
      readonly outcome: Outcome;
      /** What a call before has cost, whose prompt was too long. */
      readonly earlier?: Usage | undefined;
      /** Whether it failed at the model and before its first token, so that another model may be asked. */
      readonly isOpen?: boolean;
      /** Whether it failed at the model, also after its first token. */
      readonly isOfModel?: boolean;
    }
  | { readonly kind: 'dropped' };

/** A prompt that is too long is fitted anew by `refit` and sent once more, if nothing of an answer has come. */
export async function runModel(
  live: LiveGeneration,
  model: LanguageModel,
  first: ModelRequest,
  dependencies: RunDependencies,
  refit: Refit,
  manner: CallManner,
): Promise<RunEnd> {
  const { watch } = manner;
  const appender = new PartAppender(live, dependencies, first.parallelToolCalls !== false);
  if (live.isCancelled && !live.isDropped) {
    appender.close();
    return {
      kind: 'ended',
      outcome: { status: 'cancelled', finish_reason: 'cancelled', usage: noUsage, error: null },
    };
  }
  let request = first;
  let earlier: Usage | undefined;
  const ask = (asked: ModelRequest): Promise<unknown> =>
    streamInto(appender, live, model, asked, { ...manner, now: dependencies.now });
  let failure = await ask(request);
  if (isOverflow(failure) && !appender.hasSpoken && !live.isCancelled && !live.isDropped) {
    const fitted = await refit(request, failure.overflow ?? {});
    if (fitted !== undefined) {
      earlier = appender.usage ?? unknownUsage;
      appender.usage = undefined;
      appender.reportedPrompt = undefined;
      request = fitted;
      live.countRetry();
      failure = await ask(request);
    }
  }
  if (isOfAccount(failure)) watch.failed();
  else if (!live.signal.aborted && (failure === undefined || failure instanceof ModelError))
    watch.succeeded();
  appender.close();
  if (live.isDropped) return { kind: 'dropped' };
  if (live.refusal !== undefined) failure = live.refusal;
  const written = live.message.everything();
  // Providers don't say whether they bill a call that failed before its first word.
  const isUnknown = failure !== undefined && written === '' && !live.isCancelled;
  const usage =
    appender.usage ??
    (isUnknown ? unknownUsage : estimateUsage(model, request, written, appender.reportedPrompt));
  if (live.isCancelled) {
    return {
      kind: 'ended',
      outcome: { status: 'cancelled', finish_reason: 'cancelled', usage, error: null },
      earlier,
    };
  }
  if (failure !== undefined) {
    const isOfModel = failure instanceof AppError && live.refusal === undefined;
    const isOpen = isOfModel && !appender.hasSpoken;
    return { kind: 'ended', outcome: failed(failure, usage, dependencies), earlier, isOpen, isOfModel };
  }
  return {
    kind: 'ended',
    outcome: { status: 'done', finish_reason: appender.finishReason ?? 'stop', usage, error: null },
    earlier,
  };
}

/** Gives what the model's stream threw, if anything. */
async function streamInto(
  appender: PartAppender,
  live: LiveGeneration,
  model: LanguageModel,
  request: ModelRequest,
  { watch, isHurried, now }: CallManner & Pick<RunDependencies, 'now'>,
): Promise<unknown> {
  const note = ({ status, discreet: reason }: RetriedFailure): void =>
    live.noteProviderError({ provider: model.provider, status, reason, at: now() });
  const onRetry = (failure: RetriedFailure): void => {
    live.countRetry();
    note(failure);
  };
  try {
    let isNew = true;
    for await (const parts of model.stream(request, { signal: live.signal, onRetry, isHurried })) {
      for (const part of parts) appender.take(part);
      if (isNew && appender.hasSpoken) {
        isNew = false;
        watch.succeeded();
      }
      while (live.pendingCount > maxPending && live.commitUnderWay !== undefined) await live.commitUnderWay;
    }
    return undefined;
  } catch (error) {
    if (error instanceof ModelError) note(error);
    return error;
  }
}

function failed(failure: unknown, usage: Usage, dependencies: RunDependencies): Outcome {
  if (failure instanceof AppError) {
    const { code, message } = failure;
    const status = failure instanceof ModelError ? failure.status : undefined;
    return {
      status: 'failed',
      finish_reason: null,
      usage,
      error: { code, message: storable(message), ...(status !== undefined && { provider_status: status }) },
    };
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
  /** Whether more than one call is taken: many servers do not know the parameter that asks for one alone. */
  readonly #takesManyCalls: boolean;
  readonly #normalizer = new TextNormalizer();
  /** What a part will be that has come without a character so far: a part begins with its first one. */
  #held: 'text' | 'reasoning' | undefined;
  /** Whether the open part was begun here, and does not hold what was written before this call. */
  #isOwn = false;
  usage: Usage | undefined;
  /** Tokens of the prompt, as the provider told them; it may have told no more. */
  reportedPrompt: number | undefined;
  /** Whether anything of the answer has come. */
  hasSpoken = false;
  finishReason: FinishReason | undefined;

  constructor(live: LiveGeneration, dependencies: RunDependencies, takesManyCalls: boolean) {
    this.#takesManyCalls = takesManyCalls;
    this.#live = live;
    this.#dependencies = dependencies;
  }

  take(part: ModelPart): void {
    if (part.type !== 'usage') this.hasSpoken = true;
    switch (part.type) {
      case 'text':
      case 'reasoning':
        this.#delta(part.type, part.text);
        break;
      case 'text-was-reasoning':
        if (this.#isOwn && this.#live.message.openKind === 'text') this.#closePart('reasoning');
        break;
      case 'tool-call':
        if (!this.#takesManyCalls && this.#live.message.hasCalls) break;
        this.#closePart();
        this.#live.markFirstToken(this.#dependencies.now());
        // The provider's own id may be empty, double or long.
        this.#append({
          type: 'part-started',
          kind: 'tool-call',
          id: callId(this.#live.identity.messageId, this.#live.message.parts().length),
          name: storable(part.name),
        });
        this.#append(storable(part.arguments));
        this.#append({ type: 'part-finished' });
        break;
      case 'usage':
        this.reportedPrompt = part.promptTokens;
        this.usage = reportedUsage(part.promptTokens, part.completionTokens, part.details) ?? this.usage;
        break;
      case 'finish':
        this.finishReason = part.reason;
    }
  }

  close(): void {
    this.#closePart();
  }

  #delta(kind: 'text' | 'reasoning', text: string): void {
    if (text === '') return;
    const isOpen = this.#live.message.openKind === kind;
    if (!isOpen && this.#held !== kind) this.#closePart();
    const normalized = this.#normalizer.push(text);
    if (normalized !== '') this.#write(kind, normalized);
    else if (!isOpen) this.#held = kind;
  }

  #write(kind: 'text' | 'reasoning', normalized: string): void {
    const live = this.#live;
    if (live.message.openKind !== kind) {
      this.#held = undefined;
      this.#isOwn = true;
      this.#append({ type: 'part-started', kind });
    }
    const isFirst = live.firstTokenAt === null;
    if (isFirst) live.markFirstToken(this.#dependencies.now());
    live.append(normalized);
    this.#dependencies.writer.touch(live, isFirst);
  }

  #closePart(kind?: 'reasoning'): void {
    const { openKind } = this.#live.message;
    const ends = openKind === undefined || openKind === 'tool-call' ? this.#held : openKind;
    const rest = this.#normalizer.end();
    this.#held = undefined;
    if (rest !== '' && ends !== undefined) this.#write(ends, rest);
    if (this.#live.message.openKind === undefined) return;
    this.#append({ type: 'part-finished', ...(kind !== undefined && { kind }) });
  }

  #append(event: Parameters<LiveGeneration['append']>[0]): void {
    this.#live.append(event);
    this.#dependencies.writer.touch(this.#live, false);
  }
}
