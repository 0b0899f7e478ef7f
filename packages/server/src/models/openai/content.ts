/**
 * The forms in which servers of OpenAI's format give a message's content: a text, a list of parts, or an object; with
 * reasoning beside it (DeepSeek, vLLM, OpenRouter, Ollama, LiteLLM) or inside it (Mistral, Gemini).
 */
import type { ModelPart } from '../language-model.ts';
import { isObject } from '../upstream/upstream-error.ts';

type Kind = 'text' | 'reasoning';

/** Lists and objects inside one another are read to this depth. */
const deepest = 4;

/** The fields of a delta that bear reasoning. Servers that fill several of them repeat the same text. */
const reasoningFields = [
  'reasoning_content',
  'reasoning',
  'thinking',
  'reasoning_text',
  'reasoning_details',
  'thinking_blocks',
] as const;

/** Appends the parts of a delta or message: reasoning first, then the text, then a refusal, which is text as well. */
export function takeMessage(message: Readonly<Record<string, unknown>>, parts: ModelPart[]): void {
  for (const field of reasoningFields) {
    const value = message[field];
    if (value === undefined || value === null || value === '') continue;
    const before = parts.length;
    takeContent(value, 'reasoning', parts);
    if (parts.length > before) break;
  }
  const { content } = message;
  if (typeof content === 'string' && message.extra_content === undefined) push('text', content, parts);
  else if (isThought(message)) takeContent(withoutMark(content), 'reasoning', parts);
  else takeContent(content, 'text', parts);
  takeContent(message.refusal, 'text', parts);
}

/** Appends a content in any of its forms. `kind` is what it is where it does not say so itself. */
export function takeContent(content: unknown, kind: Kind, parts: ModelPart[], depth = 0): void {
  if (typeof content === 'string') push(kind, content, parts);
  // A gateway that parses what looks like JSON gives an answer of digits as a number.
  else if (typeof content === 'number' && kind === 'text' && depth === 0) push(kind, String(content), parts);
  else if (Array.isArray(content)) {
    if (depth < deepest) for (const item of content) takeContent(item, kind, parts, depth + 1);
  } else if (isObject(content) && depth < deepest) takeObject(content, kind, parts, depth + 1);
}

function takeObject(item: Record<string, unknown>, kind: Kind, parts: ModelPart[], depth: number): void {
  const { type } = item;
  const isReasoning = typeof type === 'string' && /^(thinking|thought|reasoning)/.test(type.slice(0, 16));
  const of = isReasoning || item.thought === true ? 'reasoning' : kind;
  if (item.thinking !== undefined) takeContent(item.thinking, 'reasoning', parts, depth);
  // `{text: {value}}` is how assistants' messages give a text.
  const said = item.text ?? item.content ?? item.value ?? item.refusal ?? item.summary ?? item.parts;
  takeContent(said, of, parts, depth);
}

function isThought(message: Readonly<Record<string, unknown>>): boolean {
  const { extra_content: extra } = message;
  return isObject(extra) && isObject(extra.google) && extra.google.thought === true;
}

/** Gemini marks a thought twice. */
function withoutMark(content: unknown): unknown {
  return typeof content === 'string' && content.startsWith('<thought>') ? content.slice(9) : content;
}

function push(type: Kind, text: string, parts: ModelPart[]): void {
  if (text !== '') parts.push({ type, text });
}
