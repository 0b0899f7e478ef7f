/** Estimates of tokens whose cost does not grow with the history: what is counted exactly is bounded. */
import type { LanguageModel } from '../../models/language-model.ts';
import { tokensPerMessage } from '../plan/context-window.ts';

/** UTF-16 units that one estimate counts exactly; what comes after is taken by the ratio found until then. */
const maxExactLength = 8192;
/** Tokens per byte of UTF-8, assumed until something was counted. */
const usualTokensPerByte = 0.25;

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

  /** The same with what a message costs beside its text; 0 for an empty one, which is not sent. */
  ofMessage(text: string): number {
    return text === '' ? 0 : this.ofText(text) + tokensPerMessage;
  }
}
