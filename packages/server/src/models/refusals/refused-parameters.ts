/**
 * Which parameters and roles of a request a provider refuses as not supported, in the words of OpenAI, Azure, Mistral,
 * xAI, Groq, DeepSeek, Google, Anthropic, Cohere, Fireworks, NVIDIA, LiteLLM, vLLM, llama.cpp and gateways to Bedrock.
 */
import type { RefusableParameter } from '../../domain/model.ts';
import { codesOf, type RefusalFields, wordsOf } from './provider-words.ts';

/** The longest text that is looked at, in UTF-16 units. */
const longestText = 2_000;

/** Statuses of a refusal that is about the request's fields. */
const refusingStatuses: readonly number[] = [400, 422];
/** A chat template that fails is an internal error for some servers; these statuses have other reasons. */
const otherStatuses: readonly number[] = [401, 402, 403, 408, 429, 502, 503, 504];

const refusingCodes = new Set([
  'unsupported_parameter',
  'unsupported_value',
  'unknown_parameter',
  'unrecognized_parameter',
  'unsupportedparamserror',
  'extra_forbidden',
]);

const refusingWords = new RegExp(
  [
    'unsupported|un(?:recogni[sz]ed|known|expected)|deprecated|no longer|incompatible',
    String.raw`n[o']?t (?:currently |yet )?(?:supports?|supported|accepts?|accepted|allows?|allowed|permits?|permitted)\b`,
    'not (?:be )?(?:supported|permitted|allowed|available|recogni[sz]ed|accepted|implemented|enabled|valid|compatible)',
    'extraneous|extra (?:inputs?|fields?|properties|arguments?|parameters?)|additional propert|extra_forbidden',
    'cannot find field|cannot (?:both )?be (?:both )?(?:used|set|specified|combined|present)|only one of',
    'only the default|may only be set|must (?:not be|be (?:unset|omitted|removed))|please remove',
    String.raw`invalid (?:argument|parameter|field)s?\b|is not an? (?:valid|known|allowed)`,
    String.raw`only (?:the value )?[\d.]+ is (?:allowed|supported|accepted|permitted|valid)`,
    String.raw`must be (?:exactly |equal to |set to )?[\d.]+ (?:for|when|with|if|on)\b`,
    '不支持|不允许|未知参数|无法识别',
  ].join('|'),
);
/** A value that is out of bounds or of a wrong type: the parameter itself is taken. */
const wrongValue = new RegExp(
  [
    String.raw`\bout of (?:range|bounds)|\bbetween -?[\d.]+ and\b|\b(?:in|within|from) ?[[(] ?-?[\d.]+ ?[,;]|取值范围`,
    String.raw`\b(?:in|within|outside(?: of)?) (?:the )?(?:\w+ )?(?:range|interval)\b|\b(?:valid|allowed|permitted) range\b`,
    String.raw`\b(?:must|should|has to|needs to) (?:be|have)(?: an?)?(?: value)? ?(?:at (?:most|least)|(?:less|greater|smaller|larger|more|lower|higher|fewer) than|no (?:more|less)|up to|[<>≤≥]|positive|non-?negative|(?:\S+ )?(?:integer|number|float|string|array|list|boolean)\b)`,
    String.raw`\b(?:above|below|exceeds?|than) (?:the )?(?:maximum|minimum)\b|\bexpected a value\b|\btoo (?:large|small|high|low|big|long)\b`,
  ].join('|'),
);
/** Of two parameters that exclude each other, the one that is named last is left out. */
const eitherWords = /\bboth\b|only one of|at the same time|together with/;

/** A word of prose that is a parameter only in quotes, in a list, or where it is called one. */
function bareWord(word: string): string {
  const before = "['[({:,.] ?|(?:parameters?|arguments?|fields?|key|name|property|support) |^";
  const after = String.raw`'|[\])}:]|,|$| (?:parameter|argument|field|is|are|was|not)\b|\.(?:$| )`;
  return `(?:${before})${word}(?:${after})`;
}

/** Parameters in the words of providers: as a field, in camel case, or in prose; all in lower case. */
const patterns: Readonly<Record<Exclude<RefusableParameter, Role>, RegExp>> = {
  max_tokens: /(?<![a-z_])max_?tokens\b/,
  max_completion_tokens: /\bmax_?completion_?tokens\b/,
  temperature: /\btemperature\b/,
  top_p: /\btop[_ -]?p\b/,
  stop: new RegExp(String.raw`\bstop[_ ]?sequences?\b|\bstop (?:words|strings)\b|${bareWord('stop')}`),
  seed: new RegExp(String.raw`\brandom_?seed\b|${bareWord('seed')}`),
  stream_options: /\bstream_?options\b|\binclude_?usage\b/,
  presence_penalty: /\bpresence_?penalty\b/,
  frequency_penalty: /\bfrequency_?penalty\b/,
  parallel_tool_calls: /\bparallel_?tool_?(?:calls|use)\b/,
  reasoning_effort: /\breasoning[._]?effort\b/,
  verbosity: new RegExp(bareWord('verbosity')),
  prompt_cache_key: /\bprompt_?cache_?key\b/,
  prompt_cache_options: /\bprompt_?cache_?options\b/,
  prompt_cache_retention: /\bprompt_?cache_?retention\b/,
  service_tier: /\bservice_?tier\b/,
  prediction: new RegExp(bareWord('prediction')),
  stream: new RegExp(String.raw`\bstreaming\b|\bto stream\b|${bareWord('stream')}`),
};

type Role = 'system_role' | 'developer_role';

const alternate =
  /roles must alternate|only user and assistant roles|(?:first|1st) message must be (?:from )?(?:the )?'?user/;
const systemRefused = new RegExp(
  [
    String.raw`\bsystem'? ?(?:roles?|messages?|prompts?|instructions?)'? (?:is |are )?(?:not (?:be )?(?:supported|allowed|enabled|permitted|accepted|available)|unsupported)`,
    String.raw`(?:not|n't) support (?:the )?'?system\b`,
    String.raw`(?:unexpected|unknown|invalid|unsupported) (?:message )?role:? '?system\b|role '?system'? (?:is )?(?:not|un)`,
    'developer instructions? (?:is|are) not',
  ].join('|'),
);
const developerRefused =
  /(?:unexpected|unknown|invalid|unsupported|not support|not one of|not valid|not allowed|input should be)[^.]{0,80}\bdeveloper\b|\bdeveloper\b[^.]{0,40}(?:not|un(?:supported|known|expected|recogni))/;

/**
 * The parameters and roles that a refusal names, in the order in which they are to be left out: its field `param` first,
 * then as it names them. Empty if it is about something else.
 */
export function findRefusedParameters(
  status: number | undefined,
  fields: RefusalFields,
): readonly RefusableParameter[] {
  if (status === undefined || status < 400 || otherStatuses.includes(status)) return [];
  const text = plain(fields.message);
  const roles = rolesIn(text);
  if (roles.length > 0 || !refusingStatuses.includes(status)) return roles;
  const hasCode = codesOf(fields).some((code) => refusingCodes.has(code));
  if (!hasCode && (!refusingWords.test(text) || wrongValue.test(text))) return [];
  const named = namesIn(text);
  const inOrder = eitherWords.test(text) ? named.reverse() : named;
  return [...new Set([...namesIn(plain(fields.param)), ...inOrder])];
}

/** The roles that a server takes, where it lists them. */
const takenRoles =
  /\brole\b.{0,120}?(?:should be|must be|expected|one of|values are|allowed:)(?: one of)?:? ?[[({]?((?: ?'?\b(?:system|developer|user|assistant|tool|function)\b'?,?(?: or| and)?){2,8})/;

function rolesIn(text: string): readonly RefusableParameter[] {
  const listed = takenRoles.exec(text)?.[1] ?? '';
  const isMissing = (role: string): boolean => listed.includes('user') && !listed.includes(role);
  const isSystem = alternate.test(text) || systemRefused.test(text) || isMissing('system');
  const isDeveloper = developerRefused.test(text) || isMissing('developer');
  return [...(isDeveloper ? ['developer_role' as const] : []), ...(isSystem ? ['system_role' as const] : [])];
}

function namesIn(text: string): RefusableParameter[] {
  if (text === '') return [];
  return (Object.entries(patterns) as [RefusableParameter, RegExp][])
    .map(([name, pattern]) => ({ name, at: text.search(pattern) }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at)
    .map(({ name }) => name);
}

/** In lower case, with one kind of quote, and each run of blanks as one. */
function plain(message: unknown): string {
  return wordsOf(message)
    .slice(0, longestText)
    .toLowerCase()
    .replace(/["`‘’“”]/g, "'")
    .replace(/\s+/g, ' ');
}
