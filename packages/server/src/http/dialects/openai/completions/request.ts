/** A chat completion's request: what the engine is asked for, and what is shown of it again. */
import type { Static } from 'typebox';
import { invalid } from '../../../../domain/errors.ts';
import type { GenerationOptions } from '../../../../domain/generation.ts';
import { OpenAiError } from '../errors.ts';
import { hintsOf, samplingOf } from '../request/sampling.ts';
import { readFormat, readTools } from '../request/tools.ts';
import type { CompletionEcho } from './echo.ts';
import type { CompletionBody } from './schema.ts';

export type Body = Static<typeof CompletionBody>;

/** @throws AppError invalid_request, unsupported */
export function optionsOf(body: Body, model: string, inputCount: number): GenerationOptions {
  const { asked } = readTools(body.tools, body.tool_choice);
  const format = readFormat(body.response_format, 'response_format');
  const request: CompletionEcho = {
    dialect: 'completions',
    ...{ model, includeUsage: body.stream_options?.include_usage === true, inputCount },
  };
  return {
    ...samplingOf(body),
    ...asked,
    ...(body.parallel_tool_calls !== undefined && { parallelToolCalls: body.parallel_tool_calls }),
    ...(format !== undefined && { responseFormat: format }),
    ...hintsOf({
      reasoning_effort: body.reasoning_effort,
      verbosity: body.verbosity,
      prompt_cache_key: body.prompt_cache_key,
      prompt_cache_options: body.prompt_cache_options,
      prompt_cache_retention: body.prompt_cache_retention,
      service_tier: body.service_tier,
      prediction: body.prediction,
    }),
    request,
  };
}

/** What only the value that asks for nothing is taken of. @throws AppError unsupported */
export function checkBody(body: Body): void {
  const { n = 1, logprobs = false, top_logprobs: top = 0, logit_bias: bias, modalities = [] } = body;
  if (n !== 1) throw unsupported('n', 'n must be 1');
  if (logprobs) throw unsupported('logprobs', 'logprobs must be false: there are no log probabilities');
  if (top > 0) throw unsupported('top_logprobs', 'top_logprobs must be 0: there are no log probabilities');
  if (bias !== undefined && Object.keys(bias).length > 0)
    throw unsupported('logit_bias', 'logit_bias must be absent or empty');
  if (modalities.some((one) => one !== 'text'))
    throw unsupported('modalities', 'modalities must be ["text"]');
  const { max_completion_tokens: most, max_tokens: before } = body;
  if (most !== undefined && before !== undefined && most !== before)
    throw invalid('max_tokens', 'max_tokens must be absent or equal to max_completion_tokens');
}

function unsupported(field: string, message: string): OpenAiError {
  return new OpenAiError('unsupported_value', message, field);
}
