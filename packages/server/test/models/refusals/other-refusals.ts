/** What providers say of other refusals, in words that are near to those of a prompt that is too long. */
import type { RefusalFields } from '../../../src/models/refusals/provider-words.ts';

export const others: readonly [what: string, fields: RefusalFields | string][] = [
  [
    'Bedrock’s throttling',
    { type: 'ThrottlingException', message: 'Too many tokens, please wait before trying again.' },
  ],
  ['the same without its type', 'Too many tokens, please wait before trying again.'],
  ['Bedrock’s day', 'Too many tokens per day, please wait before trying again.'],
  [
    'OpenAI’s minute',
    {
      type: 'tokens',
      code: 'rate_limit_exceeded',
      message:
        'Request too large for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Requested 31021. The input or output tokens must be reduced in order to run successfully.',
    },
  ],
  [
    'Groq’s minute, which is a 413',
    {
      type: 'tokens',
      message:
        'Request too large for model `llama-3.1-8b-instant` in organization `org_1` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Requested 7042, please reduce your message size and try again.',
    },
  ],
  [
    'Anthropic’s minute',
    {
      type: 'rate_limit_error',
      message: 'This request would exceed your organization’s rate limit of 40,000 input tokens per minute',
    },
  ],
  ['a day’s tokens', 'API token limit reached for the day'],
  ['a queue', 'The server is overloaded: request queue exceeds limit'],
  [
    'an exhausted quota',
    {
      code: 'insufficient_quota',
      message: 'You exceeded your current quota, please check your plan and billing details.',
    },
  ],
  ['a month’s tokens', 'You have exceeded your monthly token limit of 1000000 tokens'],
  [
    'a bound on the answer',
    'max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens for claude-3-5-haiku',
  ],
  [
    'OpenAI’s bound on the answer',
    {
      param: 'max_tokens',
      message:
        'max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000.',
    },
  ],
  [
    'an unknown parameter',
    {
      code: 'unsupported_parameter',
      message:
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    },
  ],
  ['a list of other things', "Invalid 'stop': array too long. Expected an array with maximum length 4."],
  ['a minute’s tokens in Chinese', '每分钟 token 数超过限制，请稍后再试'],
  ['a minute’s tokens in French', 'Limite de contexte: 40000 tokens par minute'],
  ['roles', 'Conversation roles must alternate user/assistant/user/assistant/...'],
  ['an overload', { type: 'overloaded_error', message: 'Overloaded' }],
  ['a key', { message: 'Incorrect API key provided', code: 'invalid_api_key' }],
  ['nothing', {}],
];
