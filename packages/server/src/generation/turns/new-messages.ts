/** The messages that a turn adds: their words, what a model is sent of them, and how they are stored. */
import type { PromptMessage } from '../../domain/generation.ts';
import { newId } from '../../domain/ids.ts';
import type { MessagePart } from '../../domain/message.ts';
import { normalizeNewlines } from '../../domain/text/newlines.ts';
import type { ModelMessage } from '../../models/language-model.ts';
import type { NewTurnMessage } from '../../store/commands/new-turn.ts';
import { toModelParts } from '../context/model-messages.ts';
import type { TurnMessage } from '../turn.ts';

/** All that they say, results of tools too. */
export function wordsIn(messages: readonly PromptMessage[]): string {
  const [only] = messages;
  if (messages.length === 1 && only !== undefined) return wordsOfParts(only.parts);
  return messages.map(({ parts }) => wordsOfParts(parts)).join('\n');
}

function wordsOfParts(parts: readonly MessagePart[]): string {
  let words = '';
  for (const part of parts) {
    if (part.type === 'text') words += part.text;
    else if (part.type === 'tool-call') words += part.arguments;
    else if (part.type === 'tool-result') words += part.result;
  }
  return words;
}

export function hasImages(messages: readonly PromptMessage[]): boolean {
  return messages.some(({ parts }) => parts.some(({ type }) => type === 'image'));
}

/** The results of tools are the text of their message, which counts as stored like any other. */
function textOf(parts: readonly MessagePart[]): string {
  const texts = parts.flatMap((part) =>
    part.type === 'text' ? [part.text] : part.type === 'tool-result' ? [part.result] : [],
  );
  return texts.length === 1 ? (texts[0] ?? '') : texts.join('\n\n');
}

/** Texts as they are stored and sent. */
function normalized(parts: readonly MessagePart[]): readonly MessagePart[] {
  return parts.map((part) => (part.type === 'text' ? { ...part, text: normalizeNewlines(part.text) } : part));
}

/** What a model is sent of messages whose images are at hand. */
export function toModelMessage({ role, parts }: PromptMessage): ModelMessage {
  const whole = normalized(parts);
  const text = textOf(whole);
  if (whole.every(({ type }) => type === 'text')) return { role, text };
  return { role, text, parts: toModelParts(whole, undefined) };
}

/** Images at `data:` addresses become files. */
export function toNewMessage({ role, parts, metadata, clientId }: TurnMessage): NewTurnMessage {
  const files: { id: string; mediaType: string; data: string }[] = [];
  const stored = normalized(parts).map((part): MessagePart => {
    if (part.type !== 'image' || !('url' in part)) return part;
    const [, mediaType, data] = /^data:([^;,]+);base64,(.*)$/s.exec(part.url) ?? [];
    if (mediaType === undefined || data === undefined) return part;
    const id = newId();
    files.push({ id, mediaType, data });
    return { type: 'image', file_id: id, ...(part.detail !== undefined && { detail: part.detail }) };
  });
  return {
    id: newId(),
    role,
    parts: JSON.stringify(stored),
    text: textOf(stored),
    files,
    ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
    ...(clientId !== undefined && { clientId }),
  };
}

/** What is stored as a message of a call whose whole prompt is kept elsewhere: the last one, without images. */
export function questionOf(messages: readonly TurnMessage[]): NewTurnMessage {
  const { role = 'user', parts = [] } = messages.at(-1) ?? {};
  return toNewMessage({ role, parts: parts.filter(({ type }) => type !== 'image') });
}

export function toPrompt(messages: readonly PromptMessage[]): readonly PromptMessage[] {
  return messages.map(({ role, parts }) => ({ role, parts: normalized(parts) }));
}
