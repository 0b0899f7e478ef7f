/** Measures how many tokens a tokenizer makes of a text, once, so that an estimate needs no call to the worker. */

export interface TokenRatio {
  readonly tokensPerAsciiCharacter: number;
  /** Tokens for each UTF-8 byte of characters that are not ASCII. */
  readonly tokensPerOtherByte: number;
}

/** Used until a tokenizer is loaded; higher than the ratios of usual tokenizers. */
export const defaultTokenRatio: TokenRatio = { tokensPerAsciiCharacter: 0.34, tokensPerOtherByte: 0.5 };

const asciiSample = `Dear Ms Baker, thank you for your order no. 4711 of 3 May 2026; it will be sent on Monday.
export async function readLines(path, { limit = 100 } = {}) { return (await readFile(path, 'utf8')).split("\\n"); }
{"id": "0197f3a2", "items": [{"sku": "A-1", "price": 12.5}], "total": 2}  | name | value |`;
const otherSample =
  'größeñçåøéèêàüöЗдравствуйтемирكيفحالكこんにちは世界你好今天天气怎么样한국어안녕하세요हिन्दीनमस्ते😀👍🏽';

export function measureTokens(count: (text: string) => number): TokenRatio {
  return {
    tokensPerAsciiCharacter: count(asciiSample) / asciiSample.length,
    tokensPerOtherByte: count(otherSample) / Buffer.byteLength(otherSample),
  };
}

/** Rounds up and adds a tenth, for texts that take more tokens than the sample. */
export function estimateTokens(text: string, ratio: TokenRatio): number {
  const bytes = Buffer.byteLength(text);
  let ascii = 0;
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) < 128) ascii++;
  const tokens = ascii * ratio.tokensPerAsciiCharacter + (bytes - ascii) * ratio.tokensPerOtherByte;
  return Math.ceil(tokens * 1.1);
}
