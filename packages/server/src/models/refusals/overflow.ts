/**
 * How providers say that a prompt is too long for the model, and the figures that they name. The wordings are those of
 * OpenAI, Azure, Anthropic, Google, Mistral, Groq, DeepSeek, xAI, OpenRouter, Together, Fireworks, Cohere, Bedrock,
 * GitHub, Cerebras, Cloudflare, Moonshot, Qwen, Zhipu, vLLM, SGLang, TGI, llama.cpp, Ollama and LM Studio.
 */
import { codesOf, type RefusalFields, searchableText } from './provider-words.ts';

/** Tokens by the provider's count, as far as it names them. */
export interface Overflow {
  /** What prompt and answer may take together. */
  readonly windowTokens?: number;
  /** What was sent. */
  readonly promptTokens?: number;
  /** What was asked for as the answer, if that is counted against the window. */
  readonly answerTokens?: number;
}

/** Figures outside of these bounds are no windows. */
const leastTokens = 128;
const mostTokens = 100_000_000;

const overflowCodes = new Set([
  'context_length_exceeded',
  'context_window_exceeded',
  'contextwindowexceedederror',
  'exceed_context_size_error',
  'model_max_prompt_tokens_exceeded',
  'max_prompt_tokens_exceeded',
  'prompt_too_long',
  'request_too_large',
  'string_above_max_length',
  'tokens_limit_reached',
  // Zhipu.
  '1261',
]);

/** Limits of tokens in a time, and of what was paid for: waiting helps there, a shorter prompt may not. */
const throttling =
  /\bper[ _-](?:second|sec|minute|min|hour|day|week|month)\b|\b[tr]p[mdsh]\b|\b(?:hourly|daily|weekly|monthly)\b|rate.?limit|throttl|too many requests|please wait|slow down|try again (?:in|later)|retry (?:in|after|later)|quota|credits?\b|billing|balance|budget|overload|queue|concurren|capacity|\bfor the day\b|\btoday\b|\bthis (?:minute|hour|day|month)\b|每(?:秒|分钟|小时|天|日|月)|频率|频繁|限流|稍后|配额|余额|(?:pro|par|por|al) minut|毎分|分あたり/;
const throttlingCode = /rate_?limit|throttl|quota|too_many_requests/;

const contextTerm =
  /context[ _-]?(?:length|window|size|limit|full)|tokens in context|max(?:imum|_)?[ ]?(?:allowed |supported )?(?:context|prompt|input|sequence|model)[ _](?:length|len|size|tokens)|\bn_ctx\b|available context|max context|token limit|range of input length/;
const tooMuch =
  /exceed|too (?:long|large|big|many|small)|overflow|maximum|longer than|greater than|larger than|more than|reduce|shorten|shorter|not enough|insufficient|reached|\bfull\b|only supports|should be|contains|>/;

/** The context's length in other languages; a provider speaks of its figure only where a prompt is too long for it. */
const foreignContext =
  '(?:kontextl[äa]nge|kontextfenster|kontextgröße|(?:longueur|taille|fenêtre) (?:maximale )?d[ue] contexte|contexto máximo|(?:longitud|tamaño|ventana|límite)(?: máxim[oa])?(?: del?)? contexto|(?:comprimento|tamanho|janela|limite)(?: máxim[oa])?(?: d[oe])? contexto|(?:lunghezza|finestra)(?: massima)?(?: del| di)? contesto|длина контекста|окно контекста|上下文(?:长度|窗口)|コンテキスト(?:長|ウィンドウ|サイズ)|컨텍스트 ?(?:길이|창|윈도우))';

/** Each is enough alone. */
const overflowWords: readonly RegExp[] = [
  /\b(?:prompt|inputs?|messages?|request|conversation|history|payload|body|chat)\b[^.]{0,40}\btoo (?:long|large|big)\b/,
  /\btoo many (?:input |prompt |total )?tokens\b/,
  /\b(?:prompt|inputs?|messages?|request|conversation|history|payload)\b[^.]{0,60}\bexceed/,
  /\b(?:input|prompt|requested|total) tokens?\b[^.]{0,80}\b(?:exceed|must be|cannot|less than|greater|supports)/,
  /\bexceed[a-z]*\b[^.]{0,60}\b(?:input|prompt|context|total|maximum) (?:number of )?tokens?\b/,
  /\binputs? (?:must have less than|tokens \+ max_new_tokens must)/,
  /\breduce (?:the|your) (?:length|size) of (?:the|your|either)\b|\breduce your (?:message|prompt)/,
  /\bmaximum supported sequence length\b/,
  /\brequested (?:about )?\d+ tokens\b.{0,40}\b(?:maximum|limit|only|most)\b/,
  /\bnumber of (?:input |prompt |total )?tokens\b[^.]{0,40}\bexceed/,
  /\bcontext overflow|\boverflows? (?:the )?context|context the overflows/,
  /(?:prompt|输入|上下文|内容|token数?|令牌).{0,10}(?:超长|过长|超过|超出)/,
  /(?:入力|プロンプト).{0,10}(?:長すぎ|超え|超過)|(?:입력|프롬프트).{0,10}(?:초과|너무 깁)/,
  /\bprompt (?:has|is|contains) (?:about )?\d+ tokens\b.{0,40}\b(?:limit|maximum|only|most)\b/,
  new RegExp(`${foreignContext}.{0,40}\\d`),
];

/** Figures that do not count tokens. */
const otherUnits = /\d ?(?:bytes|characters|chars|[km]i?b)\b|\b(?:string|array|list) too long\b/;

/** A bound on the answer alone. */
const answerOnly = /\b(?:output|completion|new|generated)[ _]tokens\b/;
const promptToo = /\b(?:input|inputs|prompt|context|messages|sequence|total|conversation)\b/;

/**
 * What a refusal says of the model's window; undefined if the prompt was not too long. Limits of tokens in a time are no
 * such refusal.
 */
export function findOverflow(fields: RefusalFields): Overflow | undefined {
  const codes = codesOf(fields);
  const text = searchableText(fields.message);
  if (!codes.some((code) => overflowCodes.has(code))) {
    if (codes.some((code) => throttlingCode.test(code)) || throttling.test(text)) return undefined;
    if (!saysTooLong(text)) return undefined;
  }
  if (otherUnits.test(text)) return {};
  return consistent({
    windowTokens: tokens(fields.windowTokens) ?? firstMatch(windowPatterns, text),
    promptTokens: tokens(fields.promptTokens) ?? promptTokensIn(text),
    answerTokens: firstMatch(answerPatterns, text),
  });
}

function saysTooLong(text: string): boolean {
  if (answerOnly.test(text) && !promptToo.test(text)) return false;
  if (contextTerm.test(text) && tooMuch.test(text)) return true;
  return overflowWords.some((words) => words.test(text));
}

/** `190000 + 20000 > 200000` of Anthropic, and `(4096 > 4096 - 100)` of vLLM, name all three. */
const sum = String.raw`\b\d+ \+ \d+ > (\d+)`;
const of = '(?: (?:is|of|was|are|has|only|just|limited|to|at|most|about|up)| ?[:=(<])*';

/** Patterns of the window, the surest first; each has one group. */
const windowPatterns: readonly RegExp[] = [
  sum,
  String.raw`\b\d+(?: tokens)? > (\d+)\b(?! -)`,
  String.raw`\bmax(?:imum)? (?:supported |allowed )?(?:context|prompt|input|sequence|model) (?:length|window|size|tokens)(?: limit)?${of} ?(\d+)`,
  String.raw`\b(?:context|sequence|model) (?:length|window|size|limit)(?: limit)?${of} ?(\d+)`,
  String.raw`\b(?:maximum|max|allowed|supported) (?:allowed )?(?:prompt|input|context|total|token)?[ _]?(?:length|len|size|tokens?|limit)(?: limit)?${of} ?(\d+)`,
  String.raw`\b(\d+) (?:tokens? )?max(?:imum)? context`,
  String.raw`\btokens \(\d+\) exceeds? (?:the )?(?:limit|maximum) \((\d+)`,
  String.raw`\bmaximum (?:is|of) (\d+)`,
  String.raw`\b(\d+)[ -]tokens? (?:context|limit|maximum|window)`,
  String.raw`\bmaximum number of (?:input |prompt )?tokens(?: allowed)?${of} ?(\d+)`,
  String.raw`\b(?:max_model_len|n_ctx|max_seq_len|num_ctx)${of} ?(\d+)`,
  String.raw`\b(?:only )?supports? (?:only )?up to (\d+)`,
  String.raw`\bcannot exceed (?:the |a )?(?:total )?(?:of )?(?:tokens? )?(?:limit )?(?:of )?(\d+)`,
  String.raw`\bmust (?:be|have) (?:<=?|less than|at most|less than or equal to|no more than) ?(\d+)`,
  String.raw`\brange of input length should be \[\d+, ?(\d+)\]`,
  String.raw`\b(?:token|tokens|configured|total|context)? ?limit(?: is| of|:)* (\d+)`,
  `${foreignContext}\\D{0,40}(\\d+)`,
].map((pattern) => new RegExp(pattern));

/** Patterns of what was sent without the answer. */
const promptPatterns: readonly RegExp[] = [
  String.raw`\b(\d+) \+ \d+ > \d+`,
  String.raw`\b(\d+)(?: tokens)? > \d+\b(?! -)`,
  String.raw`\bnumber of tokens \((\d+)`,
  String.raw`\b(\d+) (?:tokens? )?(?:in|from|of) (?:the |your )?(?:input )?(?:messages?|prompt|text input|input)`,
  String.raw`\bresulted in (?:about )?(\d+) tokens`,
  String.raw`\b(?:contains|has) (?:at least )?(\d+) (?:input |prompt )?tokens`,
  String.raw`\b(?:prompt|input|inputs) (?:is |contains |has |of )?\(?(?:total |token )?(?:length )?(?:of )?(\d+)(?: tokens)?\)?`,
  String.raw`(?<!max |maximum )\b(?:input|prompt) (?:token count|length|tokens)${of} ?(\d+)`,
  String.raw`\btoo long: (\d+)`,
  String.raw`\bnumber of input tokens${of} ?(\d+)`,
  String.raw`\brequested tokens \((\d+)`,
  String.raw`\breceived (\d+)`,
  String.raw`\bgiven: (\d+)`,
  String.raw`\bcurrent length is (\d+)`,
  String.raw`\bfirst (\d+) tokens`,
].map((pattern) => new RegExp(pattern));

/** Patterns of what was sent together with the answer that was asked for. */
const totalPatterns: readonly RegExp[] = [
  String.raw`\brequested:? (?:about )?(\d+)`,
  String.raw`\btotal of (?:at least )?(\d+) tokens`,
  String.raw`\boutput tokens \((\d+)\)`,
].map((pattern) => new RegExp(pattern));

const answerPatterns: readonly RegExp[] = [
  String.raw`\b\d+ \+ (\d+) > \d+`,
  String.raw`\b(\d+) (?:tokens? )?(?:in|for|of) (?:the )?(?:completion|output)`,
  String.raw`\bmax_(?:completion_)?tokens(?: or max_completion_tokens)? is too large: (\d+)`,
  String.raw`\b(\d+) (?:output tokens|max_new_tokens)`,
  String.raw`\brequested generation length (\d+)`,
].map((pattern) => new RegExp(pattern));

function promptTokensIn(text: string): number | undefined {
  const prompt = firstMatch(promptPatterns, text);
  if (prompt !== undefined) return prompt;
  const total = firstMatch(totalPatterns, text);
  return total === undefined ? undefined : total - (firstMatch(answerPatterns, text) ?? 0);
}

function firstMatch(patterns: readonly RegExp[], text: string): number | undefined {
  for (const pattern of patterns) {
    const found = tokens(pattern.exec(text)?.[1]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function tokens(value: unknown): number | undefined {
  const figure = typeof value === 'string' ? Number(value) : value;
  return typeof figure === 'number' && Number.isInteger(figure) && figure >= 0 && figure <= mostTokens
    ? figure
    : undefined;
}

type Found = { readonly [Name in keyof Overflow]: number | undefined };

/** A window that is too small to be one is none; a prompt that would have fitted was counted in another way. */
function consistent({ windowTokens, promptTokens, answerTokens }: Found): Overflow {
  const isWindow = windowTokens !== undefined && windowTokens >= leastTokens;
  const isTooLong =
    promptTokens !== undefined &&
    (!isWindow || promptTokens + (answerTokens ?? 0) >= windowTokens || promptTokens > windowTokens / 2);
  return {
    ...(isWindow && { windowTokens }),
    ...(isTooLong && promptTokens > 0 && { promptTokens }),
    ...(answerTokens !== undefined && answerTokens > 0 && { answerTokens }),
  };
}
