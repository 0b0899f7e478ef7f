/**
 * Models whose calls are spans by the conventions of OpenTelemetry for generative AI, whatever they are called for:
 * https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
 */
import type { ModelRecord } from '../domain/model.ts';
import type { LanguageModel, ModelPart, ModelRequest } from '../models/language-model.ts';
import { ModelError } from '../models/model-error.ts';
import type { Tracing } from './tracing.ts';

/** Finds what calls a model. */
interface Models {
  get(record: ModelRecord): LanguageModel;
  whenReady(record: ModelRecord): Promise<LanguageModel>;
}

export function tracedModels(models: Models, tracing: Tracing): Models {
  /** One for each model, since others tell models apart by identity. */
  const traced = new WeakMap<LanguageModel, LanguageModel>();
  const wrap = (record: ModelRecord, model: LanguageModel): LanguageModel => {
    const one = traced.get(model) ?? tracedModel(model, record.model, tracing);
    traced.set(model, one);
    return one;
  };
  return {
    get: (record) => wrap(record, models.get(record)),
    whenReady: async (record) => wrap(record, await models.whenReady(record)),
  };
}

/** Names of the conventions, where they are others than ours. */
const providerNames: Readonly<Record<string, string>> = { google: 'gcp.gemini', mistral: 'mistral_ai' };

function tracedModel(model: LanguageModel, name: string, tracing: Tracing): LanguageModel {
  const provider = providerNames[model.provider] ?? model.provider;
  return new Proxy(model, {
    get(target, key) {
      if (key === 'stream') {
        return (request: ModelRequest, options: Parameters<LanguageModel['stream']>[1]) =>
          streamInSpan(target, request, options, { name, provider, tracing });
      }
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

interface Call {
  readonly name: string;
  readonly provider: string;
  readonly tracing: Tracing;
}

async function* streamInSpan(
  model: LanguageModel,
  request: ModelRequest,
  options: Parameters<LanguageModel['stream']>[1],
  { name, provider, tracing }: Call,
): AsyncGenerator<readonly ModelPart[]> {
  const { temperature, topP, maxTokens, seed, stop } = request.parameters;
  const span = tracing.begin({
    name: `chat ${name}`,
    kind: 'client',
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': provider,
      'gen_ai.request.model': name,
      'gen_ai.request.temperature': temperature,
      'gen_ai.request.top_p': topP,
      'gen_ai.request.max_tokens': maxTokens,
      'gen_ai.request.seed': seed,
      'gen_ai.request.stop_sequences': stop,
      'gen_ai.output.type': 'text',
    },
  });
  const startedAt = performance.now();
  let firstTokenMs: number | undefined;
  let retries = 0;
  const onRetry: typeof options.onRetry = (failure) => {
    retries += 1;
    options.onRetry?.(failure);
  };
  try {
    for await (const parts of model.stream(request, { ...options, onRetry })) {
      for (const part of parts) {
        if (part.type === 'usage') {
          span.set({
            'gen_ai.usage.input_tokens': part.promptTokens,
            'gen_ai.usage.output_tokens': part.completionTokens,
          });
        } else if (part.type === 'finish') span.set({ 'gen_ai.response.finish_reasons': [part.reason] });
        else firstTokenMs ??= performance.now() - startedAt;
      }
      yield parts;
    }
  } catch (error) {
    if (options.signal.aborted) span.set({ 'colloquy.aborted': true });
    else span.fail(error instanceof ModelError ? String(error.status ?? error.code) : 'internal');
    throw error;
  } finally {
    span.set({ 'colloquy.time_to_first_token_ms': firstTokenMs, 'colloquy.retries': retries });
    span.end();
  }
}
