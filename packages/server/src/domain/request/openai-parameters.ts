/**
 * The parameters of OpenAI's API by what becomes of them. `honoured` are obeyed, or refused where the model can't; `hints`
 * are passed on where the provider knows them; of `limited` only the value that asks for nothing is taken; `refused` are
 * not, and say what to use instead, if there is something. Whatever is in none of them is unknown.
 */
interface Classes {
  readonly honoured: readonly string[];
  readonly hints: readonly string[];
  readonly limited: readonly string[];
  readonly refused: Readonly<Record<string, string>>;
}

const shared = {
  honoured: [
    'model',
    'stream',
    'stream_options',
    'store',
    'metadata',
    'safety_identifier',
    'user',
    'temperature',
    'top_p',
    'presence_penalty',
    'frequency_penalty',
    'tools',
    'tool_choice',
    'parallel_tool_calls',
  ],
  hints: [
    'prompt_cache_key',
    'prompt_cache_options',
    'prompt_cache_retention',
    'service_tier',
    'max_tool_calls',
  ],
  limited: ['top_logprobs'],
  refused: { moderation: '', prompt: '', context_management: '', access_programs: '', image: '' },
} as const;

export const completionParameters = {
  honoured: [
    ...shared.honoured,
    'messages',
    'max_completion_tokens',
    'max_tokens',
    'stop',
    'seed',
    'response_format',
  ],
  hints: [...shared.hints, 'reasoning_effort', 'verbosity', 'prediction', 'audio'],
  limited: [...shared.limited, 'n', 'logprobs', 'logit_bias', 'modalities'],
  refused: {
    ...shared.refused,
    functions: 'use tools',
    function_call: 'use tool_choice',
    web_search_options: 'use a persona with internet',
  },
} as const satisfies Classes;

export const responseParameters = {
  honoured: [
    ...shared.honoured,
    'input',
    'instructions',
    'previous_response_id',
    'conversation',
    'background',
    'truncation',
    'max_output_tokens',
    'text',
    'reasoning',
    'when_busy',
  ],
  hints: [...shared.hints, 'include'],
  limited: shared.limited,
  refused: shared.refused,
} as const satisfies Classes;

/** What an end user's token may send: the persona's prompt, tools and history are not the browser's to rewrite. */
export const endUserParameters = [
  'model',
  'input',
  'previous_response_id',
  'conversation',
  'max_output_tokens',
  'stream',
  'background',
  'metadata',
  'when_busy',
] as const;

/** What a route takes, and what it refuses by name. */
export interface ParameterClasses {
  readonly taken: readonly string[];
  readonly refused: Readonly<Record<string, string>>;
}

export function parametersOf({ honoured, hints, limited, refused }: Classes): ParameterClasses {
  return { taken: [...honoured, ...hints, ...limited], refused };
}

/** What becomes of unknown ones. */
export const unknownParameterChoices = ['refuse', 'ignore'] as const;
export type UnknownParameters = (typeof unknownParameterChoices)[number];

/** How far a response is, in OpenAI's words. */
export const responseStatuses = [
  'queued',
  'in_progress',
  'completed',
  'incomplete',
  'cancelled',
  'failed',
] as const;
export type ResponseStatus = (typeof responseStatuses)[number];

/** Orders of lists, by age. */
export const listOrders = ['asc', 'desc'] as const;

export const reasoningSummaries = ['auto', 'concise', 'detailed'] as const;
