/**
 * Builds the body of a Chat Completions request.
 * Format: https://platform.openai.com/docs/api-reference/chat/create
 */
import type { RefusableParameter, SystemRole } from '../../domain/model.ts';
import type { HintName } from '../../domain/request/tools.ts';
import { fitMessages } from '../fit-messages.ts';
import type { ModelRequest } from '../language-model.ts';
import type { RemoteModelOptions } from '../upstream/remote-model.ts';
import { asksForStream, type WrittenBody, withoutRefused } from '../upstream/request-body.ts';
import { fieldsOfAsked } from './asked.ts';
import { type MessageQuirks, toMessages } from './messages.ts';
import { type Fields, type ReasoningOff, reasoningOff } from './reasoning-off.ts';

/** How servers of this format differ. The defaults suit vLLM, Ollama, llama.cpp's server and OpenRouter. */
export interface OpenAiQuirks extends MessageQuirks {
  /**
   * The field that bounds the answer's length, until a refusal shows another. OpenAI's reasoning models refuse
   * `max_tokens`; most other servers know nothing else. Default `max_tokens`.
   */
  readonly maxTokensField?: 'max_tokens' | 'max_completion_tokens';
  /** The field of the seed; null: the server refuses seeds, so none is sent. Default `seed`. */
  readonly seedField?: 'seed' | 'random_seed' | null;
  /** Whether the server understands `stream_options.include_usage`. Default true. */
  readonly streamOptions?: boolean;
  /** The hints that the server knows. Default: `reasoning_effort`. */
  readonly hints?: readonly HintName[];
  /** What the provider documents for answers without reasoning. Absent: nothing. */
  readonly withoutReasoning?: ReasoningOff;
}

/** The settings of a model that its requests' bodies depend on. */
export type BodySettings = Pick<
  RemoteModelOptions,
  'maxOutputTokens' | 'tokenField' | 'systemRole' | 'greetingRole' | 'stream' | 'extraBody'
>;

/** The fields of a request that stand for what a server may refuse; the bound has one of two names. */
const refusableFields = {
  max_tokens: ['max_tokens'],
  max_completion_tokens: ['max_completion_tokens'],
  temperature: ['temperature'],
  top_p: ['top_p'],
  stop: ['stop'],
  seed: ['seed', 'random_seed'],
  stream_options: ['stream_options'],
  presence_penalty: ['presence_penalty'],
  frequency_penalty: ['frequency_penalty'],
  parallel_tool_calls: ['parallel_tool_calls'],
  reasoning_effort: ['reasoning_effort'],
  verbosity: ['verbosity'],
  prompt_cache_key: ['prompt_cache_key'],
  prompt_cache_options: ['prompt_cache_options'],
  prompt_cache_retention: ['prompt_cache_retention'],
  service_tier: ['service_tier'],
  prediction: ['prediction'],
} as const;

type Refused = ReadonlySet<RefusableParameter>;

/** The request without what is refused. */
export function writeOpenAiBody(
  model: string,
  request: ModelRequest,
  quirks: OpenAiQuirks,
  settings: BodySettings,
  refused: Refused,
): WrittenBody {
  const { maxOutputTokens, tokenField = 'auto', extraBody } = settings;
  const stream = asksForStream(settings.stream, refused);
  const { temperature, topP, maxTokens = maxOutputTokens, stop, seed } = request.parameters;
  const { presencePenalty, frequencyPenalty } = request.parameters;
  const fitted = fitMessages(request, settings.greetingRole);
  const systemRole = takenRole(settings.systemRole ?? 'system', refused);
  // A developer's role that was refused stays refused, whoever wanted it.
  const keepsRoles = quirks.developerRole === true && !refused.has('developer_role');
  const messages = toMessages(fitted, systemRole, { ...quirks, developerRole: keepsRoles });
  const body: Record<string, unknown> = { model, messages, stream };
  if (stream && quirks.streamOptions !== false) body.stream_options = { include_usage: true };
  const boundField = takenBound(
    tokenField === 'auto' ? (quirks.maxTokensField ?? 'max_tokens') : tokenField,
    refused,
  );
  if (maxTokens !== undefined && !hasBound(extraBody)) body[boundField] = maxTokens;
  if (temperature !== undefined) body.temperature = temperature;
  if (topP !== undefined) body.top_p = topP;
  if (stop !== undefined && stop.length > 0) body.stop = stop;
  if (presencePenalty !== undefined) body.presence_penalty = presencePenalty;
  if (frequencyPenalty !== undefined) body.frequency_penalty = frequencyPenalty;
  const seedField = quirks.seedField === undefined ? 'seed' : quirks.seedField;
  if (seed !== undefined && seedField !== null) body[seedField] = seed;
  if (fitted.continueLast) {
    // These are vLLM's names. The stream then begins right after the prefix.
    body.continue_final_message = true;
    body.add_generation_prompt = false;
  }
  Object.assign(body, fieldsOfAsked(request, quirks.hints));
  const off = request.withoutReasoning === true ? fieldsWithoutReasoning(model, quirks, settings) : undefined;
  const { fields, holds } = withoutRefused({ ...body, ...extraBody, ...off }, refused, refusableFields);
  const roles = new Set(messages.map(({ role }) => role));
  return {
    fields,
    holds: [
      ...holds,
      ...(stream ? ['stream' as const] : []),
      ...(roles.has('developer') ? ['developer_role' as const] : []),
      ...(roles.has('system') ? ['system_role' as const] : []),
    ],
  };
}

/** Where the developer's role is refused, the system's is tried, then none. */
function takenRole(wanted: SystemRole, refused: Refused): SystemRole {
  const role = wanted === 'developer' && refused.has('developer_role') ? 'system' : wanted;
  return role === 'system' && refused.has('system_role') ? 'user' : role;
}

function takenBound(wanted: Bound, refused: Refused): Bound {
  if (!refused.has(wanted)) return wanted;
  return wanted === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
}

type Bound = 'max_tokens' | 'max_completion_tokens';

function hasBound(extraBody: Readonly<Record<string, unknown>> = {}): boolean {
  return extraBody.max_tokens !== undefined || extraBody.max_completion_tokens !== undefined;
}

/** Undefined where nobody knows how to ask for an answer without reasoning. */
export function fieldsWithoutReasoning(
  model: string,
  { withoutReasoning }: OpenAiQuirks,
  { extraBody }: Pick<BodySettings, 'extraBody'>,
): Fields | undefined {
  return reasoningOff(withoutReasoning?.(model), extraBody);
}
