/** What every answer of a remote model goes through behind its wire format: the bound on its size, and its reasoning. */
import type { ModelPart, ModelRequest } from '../language-model.ts';
import { type RemoteModelOptions, upstreamOf } from '../upstream/remote-model.ts';
import type { EventMeaning, ProviderEvent, WireDecoder } from '../upstream/wire-decoder.ts';
import type { DecoderContext } from './answer-progress.ts';
import { ReasoningFilter, type ThinkingHabit } from './reasoning-filter.ts';
import { tokenFigure } from './token-figures.ts';

/** The most characters of an answer, reasoning included. */
const longestAnswer = 8 << 20;
/** The characters that a token may have on average, and what an answer may have beyond. */
const charactersOfToken = 4;
const slackCharacters = 64 << 10;
/** The most unknown finish reasons of one model that are logged. */
const mostLoggedReasons = 16;

/** Makes the decoder of each attempt of one request; `askedTokens` is the bound that the request bears by itself. */
export type AnswerReader = (request: ModelRequest, askedTokens: number | undefined) => () => WireDecoder;

/** For one model: its answers share what was seen of it. `decode` makes the decoder of its wire format. */
export function createAnswerReader(
  options: Pick<
    RemoteModelOptions,
    'provider' | 'apiKey' | 'headers' | 'query' | 'model' | 'thinkTags' | 'extraBody' | 'logger'
  >,
  decode: (context: DecoderContext) => WireDecoder,
): AnswerReader {
  const { provider, model, logger, thinkTags = 'auto' } = options;
  const habit: ThinkingHabit = { beginsInside: false };
  const logged = new Set<string>();
  const onUnknownReason = (reason: string): void => {
    if (logged.has(reason) || logged.size >= mostLoggedReasons) return;
    logged.add(reason);
    logger?.warn({ provider, model, reason }, 'a finish reason is not known, and counts as stop');
  };
  const context = { upstream: upstreamOf(options), onUnknownReason };
  return ({ continueLast = false }, askedTokens) => {
    // What continues a text begins in its midst.
    const filters = thinkTags === 'auto' && !continueLast;
    return () =>
      new AnswerDecoder(
        decode(context),
        filters ? new ReasoningFilter(habit) : undefined,
        mostCharacters(boundOf(options.extraBody, askedTokens)),
      );
  };
}

/** The fields of a model's own body are merged last, so that theirs is the bound that a provider sees. */
function boundOf(
  extraBody: RemoteModelOptions['extraBody'] = {},
  askedTokens: number | undefined,
): number | undefined {
  const own = [extraBody.max_completion_tokens, extraBody.max_tokens].filter((bound) => bound !== undefined);
  if (own.length === 0) return askedTokens;
  const bounds = own.map(tokenFigure).filter((bound) => bound !== undefined);
  return bounds.length === 0 ? undefined : Math.max(...bounds);
}

function mostCharacters(askedTokens: number | undefined): number {
  if (askedTokens === undefined) return longestAnswer;
  return Math.min(longestAnswer, charactersOfToken * askedTokens + slackCharacters);
}

export class AnswerDecoder implements WireDecoder {
  readonly #wire: WireDecoder;
  readonly #filter: ReasoningFilter | undefined;
  /** How many characters may still come. */
  #left: number;

  constructor(wire: WireDecoder, filter: ReasoningFilter | undefined, mostCharacters: number) {
    this.#wire = wire;
    this.#filter = filter;
    this.#left = mostCharacters;
  }

  accept(event: ProviderEvent, parts: ModelPart[]): EventMeaning {
    if (this.#left < 0) return 'done';
    const before = parts.length;
    let meaning: EventMeaning;
    // What was said before a failure is kept, and read like all else.
    try {
      meaning = this.#wire.accept(event, parts);
    } finally {
      this.#take(parts, before);
    }
    return this.#left < 0 ? 'done' : meaning;
  }

  acceptWhole(body: Record<string, unknown>, parts: ModelPart[]): void {
    const before = parts.length;
    try {
      this.#wire.acceptWhole(body, parts);
    } finally {
      this.#take(parts, before);
    }
  }

  end(parts: ModelPart[]): void {
    const before = parts.length;
    try {
      if (this.#left >= 0) this.#wire.end(parts);
    } finally {
      this.#take(parts, before);
    }
    if (this.#left >= 0) return;
    parts.push({ type: 'finish', reason: 'length' });
    this.#filter?.take(parts, parts.length - 1);
  }

  breakOff(parts: ModelPart[]): void {
    this.#filter?.breakOff(parts);
  }

  #take(parts: ModelPart[], before: number): void {
    for (let i = before; i < parts.length; i++) {
      const part = parts[i] as ModelPart;
      if (part.type !== 'text' && part.type !== 'reasoning') continue;
      this.#left -= part.text.length;
      if (this.#left >= 0) continue;
      const text = part.text.slice(0, part.text.length + this.#left);
      parts[i] = { type: part.type, text };
      parts.splice(i + 1);
      break;
    }
    this.#filter?.take(parts, before);
  }
}
