/** A parameter that a provider does not support is found in the words of every provider. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RefusalFields } from '../../../src/models/refusals/provider-words.ts';
import { findRefusedParameters } from '../../../src/models/refusals/refused-parameters.ts';

type Case = readonly [who: string, fields: RefusalFields | string, named: string, status?: number];

const refused: readonly Case[] = [
  [
    'OpenAI',
    {
      message:
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      param: 'max_tokens',
      code: 'unsupported_parameter',
    },
    'max_tokens max_completion_tokens',
  ],
  [
    'OpenAI, a value',
    {
      message:
        "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value is supported.",
      param: 'temperature',
      code: 'unsupported_value',
    },
    'temperature',
  ],
  ['OpenAI by its field alone', { param: 'seed', code: 'unsupported_parameter' }, 'seed'],
  [
    'OpenAI, stop',
    {
      message: "Unsupported parameter: 'stop' is not supported with this model.",
      param: 'stop',
      code: 'unsupported_parameter',
    },
    'stop',
  ],
  [
    'OpenAI, a path',
    { message: 'Unknown parameter', param: 'stream_options.include_usage', code: 'unknown_parameter' },
    'stream_options',
  ],
  [
    'Azure',
    {
      message: 'Unrecognized request argument supplied: stream_options',
      type: 'invalid_request_error',
      param: null,
    },
    'stream_options',
  ],
  [
    'Azure, an older version',
    'Unrecognized request argument supplied: max_completion_tokens',
    'max_completion_tokens',
  ],
  ['Azure, two', 'Unrecognized request arguments supplied: seed, stream_options', 'seed stream_options'],
  [
    'Mistral',
    {
      message: {
        detail: [
          {
            type: 'extra_forbidden',
            loc: ['body', 'stream_options'],
            msg: 'Extra inputs are not permitted',
            input: { include_usage: true },
          },
        ],
      },
    },
    'stream_options',
    422,
  ],
  [
    'pydantic’s own',
    {
      message: [
        { type: 'extra_forbidden', loc: ['body', 'seed'], msg: 'Extra inputs are not permitted', input: 5 },
      ],
    },
    'seed',
    422,
  ],
  [
    'vLLM',
    "[{'type': 'extra_forbidden', 'loc': ('body', 'presence_penalty'), 'msg': 'Extra inputs are not permitted', 'input': 0.5}]",
    'presence_penalty',
  ],
  [
    'xAI',
    {
      code: 'Client specified an invalid argument',
      message: 'Model grok-4-0709 does not support parameter presencePenalty.',
    },
    'presence_penalty',
  ],
  [
    'xAI, stop',
    { code: 'Client specified an invalid argument', message: 'Argument not supported on this model: stop' },
    'stop',
  ],
  ['Groq', "property 'seed' is unsupported", 'seed'],
  ['Google', 'Invalid JSON payload received. Unknown name "seed": Cannot find field.', 'seed'],
  ['Anthropic', 'temperature: Extra inputs are not permitted', 'temperature'],
  ['Anthropic’s newer models', '`temperature` is deprecated for this model.', 'temperature'],
  [
    'Anthropic, one of two',
    '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
    'top_p temperature',
  ],
  [
    'Anthropic, thinking',
    '`top_p` may only be set to a value of at least 0.95 when thinking is enabled',
    'top_p',
  ],
  [
    'Bedrock',
    'Malformed input request: #: extraneous key [stop_sequences] is not permitted, please reformat your input and try again.',
    'stop',
  ],
  ['Cohere', "invalid request: parameter 'seed' is not a valid field", 'seed'],
  [
    'Fireworks',
    "Extra inputs are not permitted, field: 'stream_options', value: {'include_usage': True}",
    'stream_options',
  ],
  ['NVIDIA', 'Unsupported parameter(s): `seed`', 'seed'],
  [
    'LiteLLM',
    "litellm.UnsupportedParamsError: openai does not support parameters: ['temperature', 'top_p'], for model=o3-mini. To drop these, set `litellm.drop_params=True`",
    'temperature top_p',
  ],
  ['in prose, another verb', 'This model does not accept temperature', 'temperature'],
  ['in prose, shortened', "temperature isn't supported with this model", 'temperature'],
  ['in prose, forbidden', "This model doesn't allow the 'top_p' parameter", 'top_p'],
  ['Moonshot', 'invalid temperature: only 1 is allowed for this model', 'temperature'],
  ['one value alone', "The 'temperature' parameter must be 1 for this model", 'temperature'],
  ['in Chinese', '该模型不支持 temperature 参数', 'temperature'],
  [
    'a code beside a range',
    {
      message: 'temperature must be between 1 and 1 for this model',
      code: 'unsupported_value',
      param: 'temperature',
    },
    'temperature',
  ],
  [
    'pydantic’s list of roles',
    "messages.0.role: Input should be 'system', 'user' or 'assistant'",
    'developer_role',
    422,
  ],
  [
    'a list without instructions',
    "Invalid role. role must be one of: 'user', 'assistant'",
    'developer_role system_role',
  ],
  ['in prose', "This model doesn't support stop sequences", 'stop'],
  ['in capitals', 'TEMPERATURE IS NOT ALLOWED FOR THIS MODEL', 'temperature'],
  ['Gemma', { message: 'System role not supported' }, 'system_role'],
  [
    'a template in llama.cpp',
    { code: 500, type: 'server_error', message: 'System role not supported at row 1, column 67' },
    'system_role',
    500,
  ],
  [
    'Mistral’s template',
    'Conversation roles must alternate user/assistant/user/assistant/...',
    'system_role',
  ],
  [
    'OpenAI’s o1',
    {
      message: "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
      param: 'messages[0].role',
      code: 'unsupported_value',
    },
    'system_role',
  ],
  [
    'Google, Gemma',
    'Developer instruction is not enabled for models/gemma-3-27b-it',
    'developer_role system_role',
  ],
  [
    'DeepSeek',
    'Failed to deserialize the JSON body into the target type: messages[0].role: unknown variant `developer`, expected one of `system`, `user`, `assistant`, `tool` at line 1 column 40',
    'developer_role',
  ],
  [
    'a list of roles',
    "'developer' is not one of ['system', 'assistant', 'user', 'function'] - 'messages.0.role'",
    'developer_role',
  ],
];

describe('refused', () => {
  for (const [who, fields, named, status = 400] of refused) {
    test(who, () => {
      const given = typeof fields === 'string' ? { message: fields } : fields;
      assert.equal(findRefusedParameters(status, given).join(' '), named);
    });
  }
});

const others: readonly Case[] = [
  [
    'a value out of range',
    {
      message:
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
      param: 'temperature',
      code: 'decimal_above_max_value',
    },
    '',
  ],
  [
    'a bound that is too large',
    {
      message:
        'max_tokens is too large: 100000. This model supports at most 16384 completion tokens, whereas you provided 100000.',
      param: 'max_tokens',
      code: 'invalid_value',
    },
    '',
  ],
  ['a range in brackets', 'Invalid argument: temperature must be in the range [0, 1]', ''],
  ['an interval', 'Invalid parameters: top_p must be in (0, 1], got 0.0.', ''],
  ['two bounds', 'temperature 2.5 is not allowed: allowed values are between 0 and 2', ''],
  ['a value that is not valid', 'The value of temperature is not valid, it should be in [0,2]', ''],
  ['too many items', "'stop' must have at most 4 items; 5 is not allowed", ''],
  ['a wrong type', 'invalid parameter: seed must be a 32-bit integer', ''],
  ['a bound on the bound', 'Invalid parameter: max_tokens must be less than or equal to 8192', ''],
  ['Anthropic’s bound', 'max_tokens: 64000 > 8192, which is the maximum allowed number of output tokens', ''],
  [
    'an unknown model',
    {
      message: "The model 'stop-5' does not exist or you do not have access to it.",
      code: 'model_not_found',
    },
    '',
  ],
  ['a moderation', 'Your request was not allowed by the safety system. Please stop.', ''],
  ['a key', 'Unsupported parameter: temperature', '', 401],
  ['a limit', 'temperature is not supported', '', 429],
  ['an overload', 'temperature is not supported', '', 503],
  ['an internal error', 'temperature is not supported', '', 500],
  ['no status', 'temperature is not supported', '', 0],
];

describe('not refused', () => {
  for (const [what, fields, named, status = 400] of others) {
    test(what, () => {
      const given = typeof fields === 'string' ? { message: fields } : fields;
      assert.equal(findRefusedParameters(status === 0 ? undefined : status, given).join(' '), named);
    });
  }
});

test('a megabyte of near misses costs nothing', () => {
  for (const text of ['not ', 'unsupported stop', "'seed", 'developer ', 'system ']) {
    findRefusedParameters(400, { message: text.repeat(1 << 17), param: text.repeat(1 << 17) });
  }
});
