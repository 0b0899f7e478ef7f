/**
 * Anthropic's Messages wire format behind `LanguageModel`.
 * Format: https://docs.anthropic.com/en/api/messages
 */

import type { RefusableParameter } from '../../domain/model.ts';
import { createAnswerReader } from '../answer/answer-decoder.ts';
import { fitMessages } from '../fit-messages.ts';
import type { LanguageModel, ModelRequest } from '../language-model.ts';
import { reasoningOff } from '../openai/reasoning-off.ts';
import { streamFromUpstream } from '../upstream/model-stream.ts';
import { accountOf, type RemoteModelOptions, toUpstreamCall } from '../upstream/remote-model.ts';
import {
  asksForStream,
  RefusalMemory,
  RequestBody,
  type WrittenBody,
  withoutRefused,
} from '../upstream/request-body.ts';
import { fieldsOfAsked, toMessages } from './blocks.ts';
import { AnthropicDecoder } from './decoder.ts';
import { anthropicEndpoints } from './endpoints.ts';

/** The format requires `max_tokens`. Every model since Claude 3 accepts this value. */
const defaultAnthropicMaxTokens = 4096;

/** The fields of a request that stand for what a server may refuse; some of this format take no bound. */
const refusableFields = {
  max_tokens: ['max_tokens'],
  temperature: ['temperature'],
  top_p: ['top_p'],
  stop: ['stop_sequences'],
} as const;

/** `baseUrl` with or without `/v1`. @throws TypeError where it is no http(s) address */
export function createAnthropicModel(options: RemoteModelOptions): LanguageModel {
  const { provider, model, maxOutputTokens = defaultAnthropicMaxTokens } = options;
  const call = toUpstreamCall(options, anthropicEndpoints);
  const memory = new RefusalMemory(options);
  const reader = createAnswerReader(options, (context) => new AnthropicDecoder(context));
  return {
    provider,
    account: accountOf(options),
    lacks: ['json_object'],
    canContinue: false,
    followsPrompts: true,
    writesQueries: true,
    // Models of this format think only where their settings say so.
    skipsReasoning: reasoningOff(undefined, options.extraBody) !== undefined,
    defaultMaxTokens: maxOutputTokens,
    stream: (request, { signal, onRetry, isHurried }) => {
      // The format's bound that nobody has set cuts nothing.
      const createDecoder = reader(request, request.parameters.maxTokens ?? options.maxOutputTokens);
      const body = new RequestBody(memory, {
        dispensable: ['temperature', 'top_p', 'stop'],
        write: (refused) => writeAnthropicBody(model, request, options, refused),
      });
      const { mayBeEmpty } = request;
      return streamFromUpstream({ ...call, createDecoder }, body, signal, { mayBeEmpty, onRetry, isHurried });
    },
    countTokens: options.countTokens,
  };
}

/**
 * The request without what is refused. The system text has a field of its own. There is no seed. Temperatures end at 1.
 * Newer models refuse `temperature` together with `top_p`, so `temperature` wins. Nor are there penalties.
 * A model does not think where a tool is forced on it, or its thoughts before the calls, which are not kept, are missing.
 */
function writeAnthropicBody(
  model: string,
  request: ModelRequest,
  settings: Pick<RemoteModelOptions, 'maxOutputTokens' | 'greetingRole' | 'stream' | 'extraBody'>,
  refused: ReadonlySet<RefusableParameter>,
): WrittenBody {
  const { maxOutputTokens = defaultAnthropicMaxTokens, extraBody } = settings;
  const stream = asksForStream(settings.stream, refused);
  const { temperature, topP, maxTokens, stop } = request.parameters;
  const { system, turns } = fitMessages(request, settings.greetingRole);
  const body: Record<string, unknown> = {
    model,
    max_tokens: maxTokens ?? maxOutputTokens,
    messages: toMessages(turns),
    stream,
  };
  if (system !== '') body.system = system;
  if (temperature !== undefined) body.temperature = Math.min(1, temperature);
  else if (topP !== undefined) body.top_p = topP;
  if (stop !== undefined && stop.length > 0) body.stop_sequences = stop;
  const { toolChoice } = request;
  const isForced = toolChoice === 'required' || typeof toolChoice === 'object';
  const cannotThink = isForced || turns.at(-1)?.role === 'tool';
  Object.assign(body, fieldsOfAsked(request, turns));
  const off =
    request.withoutReasoning === true || cannotThink ? reasoningOff(undefined, extraBody) : undefined;
  // What a model's settings say of the output stands beside the form that the request asks for.
  const output = { ...(body.output_config as object), ...(extraBody?.output_config as object) };
  const whole = {
    ...body,
    ...extraBody,
    ...off,
    ...(Object.keys(output).length > 0 && { output_config: output }),
  };
  const { fields, holds } = withoutRefused(whole, refused, refusableFields);
  return { fields, holds: stream ? [...holds, 'stream'] : holds };
}
