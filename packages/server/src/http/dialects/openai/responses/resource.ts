/** The response resource: what was asked, and what was answered so far. */
import type { FinishReason, GenerationParameters, GenerationStatus } from '../../../../domain/generation.ts';
import type { ResponseStatus } from '../../../../domain/request/openai-parameters.ts';
import type { ToolDefinition } from '../../../../domain/request/tools.ts';
import type { Usage } from '../../../../domain/usage.ts';
import type { Audience } from '../../../answer/audience.ts';
import { type Failed, openAiCodeOf } from '../errors.ts';
import { wholeId } from '../ids.ts';
import { toSeconds } from '../seconds.ts';
import { type ResponseUsage, responseUsage } from '../usage.ts';
import type { OutputItem } from './output-items.ts';

/** What of a request to `/v1/responses` is stored to be shown again; the engine keeps the rest. */
export interface ResponseEcho {
  readonly dialect: 'responses';
  readonly model: string;
  readonly previous_response_id: string | null;
  /** The tools that were given, where the model was sent fewer. */
  readonly tools?: readonly ToolDefinition[];
  readonly tool_choice: string | object;
  readonly truncation: 'auto' | 'disabled';
  readonly parallel_tool_calls: boolean;
  readonly text: object;
  readonly temperature: number;
  readonly top_p: number;
  readonly presence_penalty: number;
  readonly frequency_penalty: number;
  readonly reasoning: { readonly effort: string | null; readonly summary: string | null };
  readonly max_output_tokens: number | null;
  readonly max_tool_calls: number | null;
  readonly store: boolean;
  readonly background: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  readonly safety_identifier: string | null;
  readonly prompt_cache_key: string | null;
  readonly user?: string;
}

/** What is shown of a generation that another dialect has begun. */
function defaultEcho(model: string): ResponseEcho {
  return {
    dialect: 'responses',
    model,
    previous_response_id: null,
    tool_choice: 'auto',
    truncation: 'auto',
    parallel_tool_calls: true,
    text: { format: { type: 'text' } },
    temperature: 1,
    top_p: 1,
    presence_penalty: 0,
    frequency_penalty: 0,
    reasoning: { effort: null, summary: null },
    max_output_tokens: null,
    max_tool_calls: null,
    store: true,
    background: false,
    metadata: {},
    safety_identifier: null,
    prompt_cache_key: null,
  };
}

export function echoOf(parameters: GenerationParameters, modelName: string): ResponseEcho {
  const request = parameters.request as { readonly dialect?: unknown } | undefined;
  return request?.dialect === 'responses' ? (request as ResponseEcho) : defaultEcho(modelName);
}

/** What does not change while a generation is answered. */
export interface ResponseBasis {
  readonly generationId: string;
  readonly conversationId: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** The name of the model that was asked, for what another dialect began. */
  readonly modelName: string;
  readonly parameters: GenerationParameters;
  readonly audience: Audience;
}

/** How far the answer is. */
export interface ResponseState {
  readonly status: GenerationStatus;
  readonly finishReason: FinishReason | null;
  /** Epoch milliseconds. */
  readonly finishedAt: number | null;
  readonly failure: Failed | null;
  readonly usage: Usage | null;
  readonly output: readonly OutputItem[];
}

/** Of a live one before anything is committed. */
export function begunState(status: 'queued' | 'running'): ResponseState {
  return { status, finishReason: null, finishedAt: null, failure: null, usage: null, output: [] };
}

const cutShort: Readonly<Partial<Record<FinishReason, string>>> = {
  length: 'max_output_tokens',
  content_filter: 'content_filter',
};

export function statusOf({
  status,
  finishReason,
}: Pick<ResponseState, 'status' | 'finishReason'>): ResponseStatus {
  switch (status) {
    case 'queued':
      return 'queued';
    case 'running':
      return 'in_progress';
    case 'done':
      return finishReason !== null && finishReason in cutShort ? 'incomplete' : 'completed';
    case 'cancelled':
      return 'cancelled';
    case 'failed':
    case 'interrupted':
      return 'failed';
  }
}

export interface ResponseResource {
  readonly id: string;
  readonly status: ResponseStatus;
  readonly output: readonly OutputItem[];
  readonly usage: ResponseUsage | null;
  readonly [field: string]: unknown;
}

export function toResponse(basis: ResponseBasis, state: ResponseState): ResponseResource {
  const { generationId, conversationId, createdAt, parameters, audience } = basis;
  const { dialect: _, tools: given, user, ...echo } = echoOf(parameters, basis.modelName);
  const status = statusOf(state);
  const reason = status === 'incomplete' ? cutShort[state.finishReason ?? 'stop'] : undefined;
  // What a back end tells the model is not for its users.
  const isShown = audience === 'insiders';
  return {
    id: wholeId('resp', generationId),
    object: 'response',
    created_at: toSeconds(createdAt),
    completed_at: status === 'completed' && state.finishedAt !== null ? toSeconds(state.finishedAt) : null,
    status,
    incomplete_details: reason === undefined ? null : { reason },
    model: echo.model,
    previous_response_id: echo.previous_response_id,
    conversation: echo.store ? { id: wholeId('conv', conversationId) } : null,
    instructions: isShown ? (parameters.instructions ?? null) : null,
    output: state.output,
    error: errorOf(status, state.failure),
    tools: isShown ? (given ?? parameters.tools ?? []).map(toTool) : [],
    tool_choice: echo.tool_choice,
    truncation: echo.truncation,
    parallel_tool_calls: echo.parallel_tool_calls,
    text: echo.text,
    temperature: echo.temperature,
    top_p: echo.top_p,
    presence_penalty: echo.presence_penalty,
    frequency_penalty: echo.frequency_penalty,
    top_logprobs: 0,
    reasoning: echo.reasoning,
    usage: state.usage === null ? null : responseUsage(state.usage),
    max_output_tokens: echo.max_output_tokens,
    max_tool_calls: echo.max_tool_calls,
    store: echo.store,
    background: echo.background,
    service_tier: 'default',
    access_programs: null,
    metadata: echo.metadata,
    safety_identifier: echo.safety_identifier,
    prompt_cache_key: echo.prompt_cache_key,
    ...(user !== undefined && { user }),
  };
}

function toTool({ name, description, parameters, strict }: ToolDefinition): object {
  return {
    type: 'function',
    name,
    description: description ?? null,
    parameters: parameters ?? null,
    strict: strict ?? null,
  };
}

/** Codes of OpenAI's list say whether the prompt or the server is to blame; `reason` says more. */
function errorOf(status: ResponseStatus, failure: Failed | null): object | null {
  if (status !== 'failed' || failure === null) return null;
  const reason = openAiCodeOf(failure);
  const isPrompt = reason === 'context_length_exceeded' || reason === 'provider_rejected';
  return { code: isPrompt ? 'invalid_prompt' : 'server_error', message: failure.message, reason };
}
