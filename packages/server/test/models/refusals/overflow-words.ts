/** What providers say where a prompt is too long for a model's window, with the figures that are to be read from it. */
import type { RefusalFields } from '../../../src/models/refusals/provider-words.ts';

type Figures = readonly [windowTokens?: number, promptTokens?: number, answerTokens?: number];

export const said: readonly [who: string, fields: RefusalFields | string, ...figures: Figures][] = [
  [
    'OpenAI',
    "This model's maximum context length is 4097 tokens. However, your messages resulted in 5012 tokens. Please reduce the length of the messages.",
    4097,
    5012,
  ],
  [
    'OpenAI with an answer',
    "This model's maximum context length is 8192 tokens. However, you requested 10230 tokens (9230 in the messages, 1000 in the completion). Please reduce the length of the messages or completion.",
    8192,
    9230,
    1000,
  ],
  [
    'OpenAI with tools',
    {
      message:
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 140002 tokens (139000 in the messages, 1002 in the functions). Please reduce the length of the messages or functions.",
      code: 'context_length_exceeded',
      param: 'messages',
    },
    128000,
    139000,
  ],
  [
    'OpenAI’s later models',
    {
      message:
        'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 301555 tokens. Please reduce the length of the messages.',
      code: 'context_length_exceeded',
    },
    272000,
    301555,
  ],
  [
    'OpenAI without figures',
    {
      message: 'Your input exceeds the context window of this model. Please adjust your input and try again.',
      code: 'context_length_exceeded',
    },
  ],
  [
    'OpenAI, a text of a megabyte',
    {
      message:
        "Invalid 'messages[1].content': string too long. Expected a string with maximum length 1048576, but got a string with length 1200000 instead.",
      code: 'string_above_max_length',
      param: 'messages[1].content',
    },
  ],
  [
    'OpenAI, too many messages',
    {
      message:
        "Invalid 'messages': array too long. Expected an array with maximum length 2048, but got an array with length 3000 instead.",
      code: 'array_above_max_length',
    },
  ],
  ['a limit in prose', 'the prompt has 9000 tokens, the limit is 8192', 8192, 9000],
  [
    'NVIDIA, with the answer',
    'Requested generation length 8192 is not possible! The provided prompt is 4000 tokens long, so generating 8192 tokens requires a sequence length of 12192, but the maximum supported sequence length is just 8192 tokens!',
    8192,
    4000,
    8192,
  ],
  [
    'figures with narrow blanks',
    'The maximum context length is 4\u202f096 tokens. However, your messages resulted in 5\u00a0000 tokens.',
    4096,
    5000,
  ],
  ['German', 'Die maximale Kontextlänge dieses Modells beträgt 4096 Token.', 4096],
  ['French', 'La longueur maximale du contexte de ce modèle est de 4096 tokens.', 4096],
  ['Spanish', 'El contexto máximo es de 4096 tokens', 4096],
  ['Portuguese', 'O limite de contexto é de 4096 tokens', 4096],
  ['Russian', 'Длина контекста ограничена: 4096 токенов', 4096],
  ['Chinese, the context', '该模型最大上下文长度为 4096 tokens', 4096],
  ['Chinese, the count', 'token数超过最大限制'],
  ['Japanese', '入力が長すぎます。最大コンテキスト長は4096トークンです', 4096],
  ['a code alone', { code: 'context_length_exceeded' }],
  [
    'Anthropic',
    { type: 'invalid_request_error', message: 'prompt is too long: 213423 tokens > 200000 maximum' },
    200000,
    213423,
  ],
  [
    'Anthropic with an answer',
    'input length and `max_tokens` exceed context limit: 190231 + 20000 > 200000, decrease input length or `max_tokens` and try again',
    200000,
    190231,
    20000,
  ],
  ['Anthropic’s size of a body', { type: 'request_too_large', message: 'Request exceeds the maximum size' }],
  [
    'Google',
    'The input token count (1200345) exceeds the maximum number of tokens allowed (1048576).',
    1048576,
    1200345,
  ],
  [
    'Google without the count',
    'The input token count exceeds the maximum number of tokens allowed 1048576.',
    1048576,
  ],
  [
    'Vertex',
    'Unable to submit request because the input token count is 40012 but model only supports up to 32768. Reduce the input token count and try again.',
    32768,
    40012,
  ],
  ['Google’s size of a body', 'Request payload size exceeds the limit: 20971520 bytes.'],
  [
    'Mistral',
    {
      message:
        'Prompt contains 65673 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      type: 'invalid_request_invalid_args',
      code: '3051',
    },
    32768,
    65673,
  ],
  [
    'Groq',
    {
      message: 'Please reduce the length of the messages or completion.',
      type: 'invalid_request_error',
      code: 'context_length_exceeded',
      param: 'messages',
    },
  ],
  [
    'DeepSeek',
    "This model's maximum context length is 65536 tokens. However, you requested 74230 tokens (70134 in the messages, 4096 in the completion). Please reduce the length of the messages or completion.",
    65536,
    70134,
    4096,
  ],
  [
    'xAI',
    {
      code: 'Client specified an invalid argument',
      message: "This model's maximum prompt length is 131072 but the request contains 204312 tokens.",
    },
    131072,
    204312,
  ],
  [
    'OpenRouter',
    'This endpoint\'s maximum context length is 32768 tokens. However, you requested about 40123 tokens (39123 of text input, 1000 in the output). Please reduce the length of either one, or use the "middle-out" transform to compress your prompt automatically.',
    32768,
    39123,
    1000,
  ],
  [
    'Together',
    'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 4100 `inputs` tokens and 512 `max_new_tokens`',
    4097,
    4100,
    512,
  ],
  ['TGI', 'Input validation error: `inputs` must have less than 1024 tokens. Given: 2031', 1024, 2031],
  ['Fireworks', 'The prompt is too long: 9123, model maximum context length: 8191', 8191, 9123],
  [
    'vLLM',
    "This model's maximum context length is 4096 tokens. However, you requested 5120 tokens in the messages, Please reduce the length of the messages.",
    4096,
    5120,
  ],
  [
    'vLLM, the answer',
    "'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum context length is 4096 tokens and your request has 1307 input tokens (4096 > 4096 - 1307).",
    4096,
    1307,
    4096,
  ],
  [
    'vLLM, at least',
    "This model's maximum context length is 131072 tokens. However, you requested 256 output tokens and your prompt contains at least 130817 input tokens, for a total of at least 131073 tokens. Please reduce the length of the input prompt or the number of requested output tokens.",
    131072,
    130817,
    256,
  ],
  [
    'vLLM, the decoder',
    'The decoder prompt (length 5021) is longer than the maximum model length of 4096. Make sure that `max_model_len` is no smaller than the number of text tokens.',
    4096,
    5021,
  ],
  [
    'vLLM, does not fit',
    'The prompt (total length 5021) is too long to fit into the model (context length 4096). Make sure that `max_num_batched_tokens` is no smaller',
    4096,
    5021,
  ],
  ['SGLang', "The input (5021 tokens) is longer than the model's context length (4096 tokens).", 4096, 5021],
  [
    'SGLang, allowed',
    'Input length (5021 tokens) exceeds the maximum allowed length (4090 tokens). Use a shorter input or enable --allow-auto-truncate.',
    4090,
    5021,
  ],
  [
    'SGLang, requested',
    "Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total of 5021 tokens: 4521 tokens from the input messages and 500 tokens for the completion. Please reduce the number of tokens in the input messages or the completion to fit within the limit.",
    4096,
    4521,
    500,
  ],
  [
    'llama.cpp',
    {
      code: 400,
      message: 'the request exceeds the available context size, try increasing it',
      type: 'exceed_context_size_error',
      promptTokens: 5121,
      windowTokens: 4096,
    },
    4096,
    5121,
  ],
  [
    'llama.cpp in words',
    'request (5121 tokens) exceeds the available context size (4096 tokens), try increasing it',
    4096,
  ],
  [
    'llama.cpp, earlier',
    'the request exceeds the available context size. try increasing the context size or enable context shift',
  ],
  ['llama-cpp-python', 'Requested tokens (5012) exceed context window of 2048', 2048, 5012],
  [
    'llama-cpp-python as OpenAI',
    {
      code: 'context_length_exceeded',
      message:
        "This model's maximum context length is 2048 tokens, however you requested 2500 tokens (2400 in your prompt; 100 for the completion). Please reduce your prompt; or completion length.",
    },
    2048,
    2400,
    100,
  ],
  ['Ollama', 'prompt too long; exceeded max context length by 412 tokens'],
  ['Ollama’s runner', 'the input length exceeds the context length'],
  [
    'LM Studio',
    'Trying to keep the first 5021 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough. Try to load the model with a larger context length, or provide a shorter input',
    4096,
    5021,
  ],
  [
    'LM Studio without figures',
    'The number of tokens to keep from the initial prompt is greater than the context length. Try to load the model with a larger context length, or provide a shorter input',
  ],
  [
    'LM Studio, reached',
    'Reached context length of 4096 tokens with model (arch: llama) that does not currently support mid-generation context overflow.',
    4096,
  ],
  ['Bedrock', 'Input is too long for requested model.'],
  [
    'Bedrock, Titan',
    '400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 11379',
    8192,
    11379,
  ],
  [
    'Bedrock, Nova',
    'Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.',
  ],
  [
    'Bedrock, Claude',
    {
      type: 'ValidationException',
      message:
        'The model returned the following errors: input length and `max_tokens` exceed context limit: 198000 + 4096 > 200000, decrease input length or `max_tokens` and try again',
    },
    200000,
    198000,
    4096,
  ],
  [
    'Cohere',
    'too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5021. Try using a shorter prompt, or enabling prompt truncating.',
    4081,
    5021,
  ],
  [
    'GitHub',
    {
      code: 'tokens_limit_reached',
      message: 'Request body too large for gpt-4o model. Max size: 8000 tokens.',
    },
    8000,
  ],
  [
    'Copilot',
    {
      code: 'model_max_prompt_tokens_exceeded',
      message: 'prompt token count of 148724 exceeds the limit of 128000',
    },
    128000,
    148724,
  ],
  [
    'Cerebras',
    {
      code: 'context_length_exceeded',
      message:
        'Please reduce the length of the messages or completion. Current length is 9123 while limit is 8192',
    },
    8192,
    9123,
  ],
  [
    'Cloudflare',
    'AiError: The estimated number of input and maximum output tokens (12345) exceeded this model context window limit (8000).',
    8000,
    12345,
  ],
  [
    'Moonshot',
    'Invalid request: Your request exceeded model token limit: 8192 (requested: 9123)',
    8192,
    9123,
  ],
  ['Qwen', { code: 'invalid_parameter_error', message: 'Range of input length should be [1, 30720]' }, 30720],
  ['Zhipu', { code: '1261', message: 'Prompt exceeds max length' }],
  ['Zhipu in Chinese', { code: '1261', message: 'Prompt 超长' }],
  ['MiniMax, whose figure is a code', 'invalid params, context window exceeds limit (2013)'],
  [
    'watsonx',
    'the number of input tokens 5021 cannot exceed the total tokens limit 4096 for this model',
    4096,
    5021,
  ],
  [
    'SambaNova',
    'The provided prompt is 5021 tokens long, so generating 1 tokens requires a sequence length of 5022, but the maximum supported sequence length is just 4096!',
    4096,
    5021,
  ],
  [
    'LiteLLM',
    {
      message:
        "litellm.ContextWindowExceededError: litellm.BadRequestError: OpenAIException - This model's maximum context length is 16,385 tokens. However, your messages resulted in 17,044 tokens.",
    },
    16385,
    17044,
  ],
  ['a comparison', 'Token limit exceeded: 9000 > 8192', 8192, 9000],
  ['a comparison behind the size', 'Request exceeds context size: 9000 tokens > 8192 tokens', 8192, 9000],
  ['a maximum', 'You requested 9000 tokens, but the maximum is 8192', 8192, 9000],
  ['a maximum in context', 'This model supports a maximum of 8192 tokens in context, got 9000', 8192],
  ['a limit in brackets', 'The number of tokens (9000) exceeds the limit (8192)', 8192, 9000],
  ['a window that is full', 'context window full'],
  ['llama.cpp’s slot', 'slot context full: n_ctx = 4096, n_tokens = 5000 exceeds', 4096],
  ['Perplexity', 'The total length of all messages is too long.'],
  ['a list of faults', { message: [{ msg: 'prompt is too long: 5000 tokens > 4096 maximum' }] }, 4096, 5000],
];
