/** Turns messages into the model's tokens, by the chat template in the model's file. */
import type { ChatHistoryItem, ChatWrapper, LlamaModel, Token } from 'node-llama-cpp';
import { LlamaText, SpecialToken, SpecialTokensText } from 'node-llama-cpp';
import type { ModelMessage, ModelRequest } from '../../language-model.ts';
import type { ReasoningMarks } from './reasoning-splitter.ts';

export interface ChatPrompt {
  readonly tokens: Token[];
  /** The tokens of the text that is continued, with `continueLast`. */
  readonly openTokens: readonly Token[];
  /** Tokens that end the answer. */
  readonly stopTokens: ReadonlySet<Token>;
  /** Texts that end a turn in the template and are more than one token. */
  readonly stopTexts: readonly string[];
  readonly reasoning: ReasoningMarks | undefined;
}

/**
 * Builds the history with an open assistant's turn at its end. Texts of messages never become control tokens.
 * With `continueLast` the open turn holds the last message's text to the letter.
 */
export function buildChatPrompt(model: LlamaModel, wrapper: ChatWrapper, request: ModelRequest): ChatPrompt {
  const open = request.continueLast === true ? request.messages.at(-1)?.text : undefined;
  const closed = open === undefined ? request.messages : request.messages.slice(0, -1);
  const thought = thoughtMarks(wrapper);
  // A template may trim a model's text, so the open turn is appended to it, except where the template marks reasoning.
  const inTemplate = open !== undefined && open !== '' && thought !== undefined;
  const { contextText, stopGenerationTriggers } = wrapper.generateContextState({
    chatHistory: [...closed.map(historyItem), { type: 'model', response: inTemplate ? [open] : [] }],
  });
  const text = LlamaText([
    withoutStrayBos(contextText, model),
    ...(open !== undefined && !inTemplate ? [open] : []),
  ]);
  const triggers = stopGenerationTriggers.map((trigger) => ({
    tokens: trigger.tokenize(model.tokenizer),
    text: trigger.values.every((value) => typeof value === 'string' || value instanceof SpecialTokensText)
      ? trigger.values.map((value) => (value instanceof SpecialTokensText ? value.value : value)).join('')
      : '',
  }));
  return {
    tokens: text.tokenize(model.tokenizer),
    openTokens: model.tokenize(open ?? ''),
    stopTokens: new Set(triggers.flatMap(({ tokens }) => (tokens.length === 1 ? tokens : []))),
    stopTexts: [...new Set(triggers.map((trigger) => trigger.text))].filter((stop) => stop.trim() !== ''),
    reasoning: thought && { ...thought, startsOpen: !inTemplate && opensReasoning(text, thought) },
  };
}

function historyItem(message: ModelMessage): ChatHistoryItem {
  if (message.role === 'assistant') return { type: 'model', response: [message.text] };
  return { type: message.role === 'user' ? 'user' : 'system', text: message.text };
}

/** Some of node-llama-cpp's templates begin with a BOS token that the model's tokenizer does not ask for. */
function withoutStrayBos(contextText: LlamaText, model: LlamaModel): LlamaText {
  const [first, ...rest] = contextText.values;
  const stray = first instanceof SpecialToken && first.value === 'BOS' && !model.tokens.shouldPrependBosToken;
  return stray ? LlamaText(rest) : contextText;
}

/** Undefined where the template has no marks. `open` is empty where only the template opens the reasoning. */
function thoughtMarks(wrapper: ChatWrapper): ReasoningMarks | undefined {
  const thought = wrapper.settings.segments?.thought;
  if (thought?.suffix === undefined) return undefined;
  const close = LlamaText(thought.suffix).toString().trim();
  if (close === '') return undefined;
  const { prefix } = thought;
  if (typeof prefix === 'object' && 'type' in prefix && prefix.type === 'openedOnStart')
    return { open: '', close, startsOpen: true };
  const open = LlamaText(prefix as LlamaText)
    .toString()
    .trim();
  return open === '' ? undefined : { open, close, startsOpen: false };
}

function opensReasoning(prompt: LlamaText, marks: ReasoningMarks): boolean {
  return marks.startsOpen || prompt.toString().trimEnd().endsWith(marks.open);
}
