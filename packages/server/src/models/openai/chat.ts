/** OpenAI's Chat Completions wire format behind `LanguageModel`, for OpenAI and all servers that speak it. */
import { refusableParameters } from '../../domain/model.ts';
import { createAnswerReader } from '../answer/answer-decoder.ts';
import type { LanguageModel } from '../language-model.ts';
import { streamFromUpstream } from '../upstream/model-stream.ts';
import {
  accountOf,
  type RemoteModelOptions,
  toUpstreamCall,
  type WireEndpoints,
} from '../upstream/remote-model.ts';
import { RefusalMemory, RequestBody } from '../upstream/request-body.ts';
import { OpenAiDecoder } from './decoder.ts';
import { openAiEndpoints } from './endpoints.ts';
import { fieldsWithoutReasoning, type OpenAiQuirks, writeOpenAiBody } from './request.ts';

/** A last try that leaves all of these out is still asked for as a stream. */
const dispensable = refusableParameters.filter((name) => name !== 'stream');

export interface OpenAiChatOptions extends RemoteModelOptions {
  readonly quirks?: OpenAiQuirks | undefined;
  /** Default: those that most servers have. */
  readonly endpoints?: WireEndpoints | undefined;
  /** Whether the server understands vLLM's `continue_final_message`. Default false. */
  readonly canContinue?: boolean | undefined;
}

/** `baseUrl` includes `/v1`. @throws TypeError where it is no http(s) address */
export function createOpenAiChatModel(options: OpenAiChatOptions): LanguageModel {
  const { provider, model, canContinue = false, endpoints = openAiEndpoints } = options;
  const call = toUpstreamCall(options, endpoints);
  const reader = createAnswerReader(options, (context) => new OpenAiDecoder(context));
  const quirks = options.quirks ?? {};
  const memory = new RefusalMemory(options);
  return {
    provider,
    account: accountOf(options),
    canContinue,
    followsPrompts: true,
    writesQueries: true,
    skipsReasoning: fieldsWithoutReasoning(model, quirks, options) !== undefined,
    stream: (request, { signal, onRetry, isHurried }) => {
      const createDecoder = reader(request, request.parameters.maxTokens ?? options.maxOutputTokens);
      const body = new RequestBody(memory, {
        dispensable,
        write: (refused) => writeOpenAiBody(model, request, quirks, options, refused),
      });
      // What is continued may have been at its end.
      const mayBeEmpty = request.continueLast === true || request.mayBeEmpty === true;
      return streamFromUpstream({ ...call, createDecoder }, body, signal, { mayBeEmpty, onRetry, isHurried });
    },
    countTokens: options.countTokens,
  };
}
