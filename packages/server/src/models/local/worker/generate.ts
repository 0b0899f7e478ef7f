/** Generates one answer in the worker, from messages to text. */
import type {
  ChatWrapper,
  Llama,
  LlamaContextSequence,
  LlamaModel,
  SequenceEvaluateOptions,
  Token,
} from 'node-llama-cpp';
import type { SamplingParameters } from '../../../domain/persona.ts';
import type { ModelRequest } from '../../language-model.ts';
import { buildChatPrompt } from './chat-prompt.ts';
import { createForm, type Form } from './form.ts';
import type { GenerationEvent } from './protocol.ts';
import { createReasoningSplitter } from './reasoning-splitter.ts';
import type { SequencePool } from './sequence-pool.ts';
import { createStopMatcher } from './stop-matcher.ts';
import { createTokenTextDecoder } from './text-decoder.ts';

export interface Engine {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly wrapper: ChatWrapper;
  readonly pool: SequencePool;
  /** The tokens of each sequence's context. */
  readonly contextTokens: number;
}

/** How many tokens of a prompt are evaluated between two checks of the abort signal. */
const promptChunkTokens = 128;
const penaltyTokens = 64;

/** Emits texts and, as the last event, one `end` or `failed`. An aborted answer ends with the reason `cancelled`. */
export async function generate(
  engine: Engine,
  request: ModelRequest,
  options: {
    readonly signal: AbortSignal;
    readonly seed: number;
    readonly emit: (event: GenerationEvent) => void;
  },
): Promise<void> {
  const { emit, signal } = options;
  try {
    const prompt = buildChatPrompt(engine.model, engine.wrapper, request);
    const promptTokens = prompt.tokens.length;
    // llama.cpp leaves one place empty, and there must be room for one generated token.
    if (promptTokens > engine.contextTokens - 2) {
      const message = `the conversation has ${promptTokens} tokens, and the local model takes ${engine.contextTokens}`;
      const overflow = { windowTokens: engine.contextTokens, promptTokens };
      emit({ type: 'failed', code: 'context_overflow', message, overflow });
      return;
    }
    const form = await createForm(engine, request.responseFormat);
    const sequence = engine.pool.take(prompt.tokens);
    try {
      await evaluatePrompt(sequence, prompt.tokens, signal);
      const { reason, completionTokens } = await answer(engine, sequence, prompt, request, form, options);
      emit({ type: 'end', reason, promptTokens, completionTokens });
    } catch (error) {
      await sequence.clearHistory();
      throw error;
    } finally {
      engine.pool.giveBack(sequence);
    }
  } catch (error) {
    emit({
      type: 'failed',
      code: 'provider_error',
      message: error instanceof Error ? error.message : String(error),
    });
  }
}

/** Evaluates all tokens but the last one, which sampling starts from. */
async function evaluatePrompt(sequence: LlamaContextSequence, tokens: readonly Token[], signal: AbortSignal) {
  const beforeLast = tokens.slice(0, -1);
  await sequence.adaptStateToTokens(beforeLast, false);
  while (sequence.nextTokenIndex < beforeLast.length && !signal.aborted) {
    const from = sequence.nextTokenIndex;
    await sequence.evaluateWithoutGeneratingNewTokens(beforeLast.slice(from, from + promptChunkTokens));
  }
}

async function answer(
  engine: Engine,
  sequence: LlamaContextSequence,
  prompt: ReturnType<typeof buildChatPrompt>,
  { parameters, continueLast }: ModelRequest,
  form: Form | undefined,
  { signal, seed, emit }: Parameters<typeof generate>[2],
): Promise<{ reason: 'stop' | 'length' | 'cancelled'; completionTokens: number }> {
  const { model } = engine;
  const showControlTokens = prompt.reasoning !== undefined;
  const decoder = createTokenTextDecoder(
    (tokens, before) => model.detokenize(tokens as Token[], showControlTokens, before as Token[]),
    continueLast === true ? prompt.tokens : [],
  );
  // An answer that is held to a form has no room for thoughts.
  const splitter = createReasoningSplitter(form === undefined ? prompt.reasoning : undefined);
  const stops = createStopMatcher([
    ...(parameters.stop ?? []),
    ...prompt.stopTexts,
    ...(form?.stopTexts ?? []),
  ]);
  const generated: Token[] = [];
  const maxTokens = parameters.maxTokens ?? Number.POSITIVE_INFINITY;
  let stopped = false;

  const show = (pieces: ReturnType<typeof splitter.push>) => {
    for (const piece of pieces) {
      if (stopped) return;
      if (piece.type === 'reasoning') emit(piece);
      else {
        const { text, after } = stops.push(piece.text);
        if (text !== '') emit({ type: 'text', text });
        stopped = after !== undefined;
      }
    }
  };
  const finish = (reason: 'stop' | 'length' | 'cancelled') => {
    show(splitter.push(decoder.flush()));
    show(splitter.flush());
    const rest = stopped ? '' : stops.flush();
    if (rest !== '') emit({ type: 'text', text: rest });
    return { reason: stopped ? ('stop' as const) : reason, completionTokens: generated.length };
  };

  if (signal.aborted) return finish('cancelled');
  // A continued answer is penalised for repeating its beginning, as it would be without the interruption.
  const recent = () =>
    [...prompt.openTokens.slice(-penaltyTokens), ...generated.slice(-penaltyTokens)].slice(-penaltyTokens);
  const tokens = sequence.evaluate(prompt.tokens.slice(-1), {
    ...samplingOptions(parameters, seed, recent),
    ...(form !== undefined && { grammarEvaluationState: form.state }),
  });
  for await (const token of tokens) {
    if (signal.aborted) return finish('cancelled');
    if (model.isEogToken(token) || prompt.stopTokens.has(token)) return finish('stop');
    generated.push(token);
    show(splitter.push(decoder.push(token)));
    if (stopped) return finish('stop');
    if (generated.length >= maxTokens) return finish('length');
    // One more token would shift the context, which silently drops its beginning.
    if (sequence.nextTokenIndex >= engine.contextTokens - 1) return finish('length');
  }
  return finish('stop');
}

/** The defaults suit small models: a moderate temperature and a light penalty on repetition. */
function samplingOptions(
  parameters: SamplingParameters,
  seed: number,
  recent: () => Token[],
): SequenceEvaluateOptions {
  return {
    temperature: parameters.temperature ?? 0.7,
    topP: parameters.topP ?? 0.9,
    topK: 40,
    seed,
    repeatPenalty: {
      punishTokens: recent,
      penalty: 1.1,
      ...(parameters.presencePenalty !== undefined && { presencePenalty: parameters.presencePenalty }),
      ...(parameters.frequencyPenalty !== undefined && { frequencyPenalty: parameters.frequencyPenalty }),
    },
    yieldEogToken: true,
  };
}
