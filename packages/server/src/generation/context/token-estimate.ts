/** Estimates of tokens whose cost does not grow with the history: what is counted exactly is bounded. */
import type { LanguageModel, ModelMessage } from '../../models/language-model.ts';
import { tokensPerMessage } from '../plan/context-window.ts';

/** UTF-16 units that one estimate counts exactly; what comes after is taken by the ratio found until then. */
const maxExactLength = 8192;
/** Tokens per byte of UTF-8, assumed until something was counted. */
const usualTokensPerByte = 0.25;

/** What an image costs, about: providers count from 85 to some 1600 tokens, by its size and detail. */
const tokensPerImage = 1000;

/** All that a message says in words, its calls and their results too. */
export function wordsOf({ text, parts }: ModelMessage): string {
  if (parts === undefined) return text;
  let words = '';
  for (const part of parts) {
    if (part.type === 'text') words += part.text;
    else if (part.type === 'tool-call') words += part.name + part.arguments;
    else if (part.type === 'tool-result') words += part.result;
  }
  return words;
}

export class TokenEstimate {
  readonly #model: Pick<LanguageModel, 'countTokens'>;
  #exactLength = 0;
  #bytes = 0;
  #tokens = 0;

  constructor(model: Pick<LanguageModel, 'countTokens'>) {
    this.#model = model;
  }

  /** About how many tokens a text has; 0 for none. */
  ofText(text: string): number {
    if (text === '') return 0;
    const bytes = Buffer.byteLength(text);
    const left = maxExactLength - this.#exactLength;
    if (left > 0) {
      const sample = text.length <= left ? text : text.slice(0, left);
      const tokens = this.#model.countTokens(sample);
      this.#exactLength += sample.length;
      this.#bytes += sample.length === text.length ? bytes : Buffer.byteLength(sample);
      this.#tokens += tokens;
      if (sample.length === text.length) return tokens;
    }
    const ratio = this.#bytes === 0 ? usualTokensPerByte : this.#tokens / this.#bytes;
    return Math.ceil(bytes * ratio);
  }

  /** About how many tokens all has that a message says, without what it costs beside. */
  ofContent(message: ModelMessage): number {
    const images = message.parts?.filter(({ type }) => type === 'image').length ?? 0;
    return this.ofText(wordsOf(message)) + images * tokensPerImage;
  }

  /** The same with what a message costs beside; 0 for one that says nothing, which is not sent. */
  ofWhole(message: ModelMessage): number {
    const tokens = this.ofContent(message);
    return tokens === 0 ? 0 : tokens + tokensPerMessage;
  }

  /** The same with what a message costs beside its text; 0 for an empty one, which is not sent. */
  ofMessage(text: string): number {
    return text === '' ? 0 : this.ofText(text) + tokensPerMessage;
  }
}
