/** A response's request: what the engine is asked for, and what is shown of it again. */
import type { Static } from 'typebox';
import { AppError } from '../../../../../domain/errors.ts';
import type { GenerationOptions } from '../../../../../domain/generation.ts';
import type { ModelChoice } from '../../../model-choice.ts';
import { OpenAiError } from '../../errors.ts';
import { wholeId } from '../../ids.ts';
import { effectiveSampling, hintsOf, samplingOf } from '../../request/sampling.ts';
import { readFormat, readTools } from '../../request/tools.ts';
import type { ResponseEcho } from '../resource.ts';
import type { ResponseBody } from '../schema.ts';
import type { Placed } from './where.ts';

export type Body = Static<typeof ResponseBody>;

/** @throws AppError invalid_request, unsupported */
export function optionsOf(
  body: Body,
  { name, revision }: Pick<ModelChoice, 'name' | 'revision'>,
  placed: Omit<Placed, 'target'>,
): GenerationOptions {
  const { instructions, tools, tool_choice: toolChoice, reasoning = {}, text = {} } = body;
  const { given, asked } = readTools(tools, toolChoice);
  const format = readFormat(text.format, 'text.format');
  const isCut = given.length > (asked.tools ?? []).length;
  const effort = reasoning.effort ?? undefined;
  const request: ResponseEcho & { readonly inputCount: number } = {
    dialect: 'responses',
    model: name,
    previous_response_id: placed.previous === null ? null : wholeId('resp', placed.previous),
    ...(isCut && { tools: given }),
    tool_choice: (toolChoice as string | object | undefined) ?? 'auto',
    truncation: truncationOf(body, placed),
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    text: {
      format: (text.format as object | undefined) ?? { type: 'text' },
      ...(text.verbosity != null && { verbosity: text.verbosity }),
    },
    ...effectiveSampling(body, revision),
    reasoning: { effort: effort ?? null, summary: reasoning.summary ?? null },
    max_output_tokens: body.max_output_tokens ?? null,
    max_tool_calls: body.max_tool_calls ?? null,
    store: body.store ?? true,
    background: body.background ?? false,
    metadata: body.metadata ?? {},
    safety_identifier: body.safety_identifier ?? null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    ...(body.user !== undefined && { user: body.user }),
    inputCount: placed.messages.length,
  };
  return {
    ...samplingOf(body),
    ...(instructions !== undefined && instructions !== '' && { instructions }),
    ...asked,
    ...(body.parallel_tool_calls !== undefined && { parallelToolCalls: body.parallel_tool_calls }),
    ...(format !== undefined && { responseFormat: format }),
    ...hintsOf({
      reasoning_effort: effort,
      verbosity: text.verbosity,
      prompt_cache_key: body.prompt_cache_key,
      prompt_cache_options: body.prompt_cache_options,
      prompt_cache_retention: body.prompt_cache_retention,
      service_tier: body.service_tier,
    }),
    truncation: request.truncation,
    request,
  };
}

function truncationOf(
  { truncation, model }: Body,
  { continues }: Pick<Placed, 'continues'>,
): 'auto' | 'disabled' {
  return (
    truncation ?? (continues || model === undefined || model.startsWith('persona:') ? 'auto' : 'disabled')
  );
}

/** Checks of fields that depend on each other. @throws AppError unsupported */
export function checkBody({ store = true, background, conversation, top_logprobs: logprobs }: Body): void {
  if (logprobs !== undefined && logprobs > 0)
    throw new OpenAiError(
      'unsupported_value',
      'top_logprobs must be 0: there are no log probabilities',
      'top_logprobs',
    );
  if (store) return;
  for (const [field, value] of Object.entries({ background: background || undefined, conversation }))
    if (value !== undefined)
      throw new OpenAiError(
        'unsupported_value',
        `${field} needs store: what is not stored can't be found again`,
        field,
      );
}

/** What an end user's token may not do. @throws AppError forbidden */
export function checkEndUser(body: unknown, allowed: readonly string[]): void {
  const fields = Object.entries((body ?? {}) as Readonly<Record<string, unknown>>);
  const beyond = fields.find(([name, value]) => value !== null && !allowed.includes(name));
  if (beyond !== undefined)
    throw new AppError('forbidden', `${beyond[0].slice(0, 64)}: an end user's token may not set it`, {
      field: beyond[0].slice(0, 64),
    });
  const { input } = body as { readonly input?: unknown };
  if (!Array.isArray(input)) return;
  for (const [index, item] of input.entries()) {
    const { type = 'message', role } = (item ?? {}) as { readonly type?: unknown; readonly role?: unknown };
    if (type === 'message' && role === 'user') continue;
    throw new AppError(
      'forbidden',
      `input[${index}]: an end user's token adds messages of the role user only`,
      {
        field: `input[${index}]`,
      },
    );
  }
}
