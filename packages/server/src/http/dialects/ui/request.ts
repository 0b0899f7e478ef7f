/** What `useChat` sends, read: the one message that counts, the ids of the others, and results of tools. */
import { AppError, invalid } from '../../../domain/errors.ts';
import { type MessagePart, maxMessageCharacters } from '../../../domain/message.ts';
import { isBlank } from '../../../domain/text/blank.ts';
import { countCodePoints } from '../../../domain/text/graphemes.ts';
import type { ToolResult } from '../../../generation/turns/tool-results.ts';
import { checkImageAddress, ImageCount } from '../images.ts';
import { type Fields, readFields, readList, readText } from '../read-values.ts';

export interface UiRequest {
  /** Ids of all messages, oldest first; a message without one has null. */
  readonly ids: readonly (string | null)[];
  readonly last: UiMessage;
}

export type UiMessage =
  | { readonly role: 'user'; readonly id: string | undefined; readonly parts: readonly MessagePart[] }
  | { readonly role: 'assistant'; readonly id: string | undefined; readonly results: readonly ToolResult[] };

const maxIdCharacters = 255;

/** @throws AppError invalid_request, unsupported; errors name the place: `messages[2].parts[0].type` */
export function readMessages(messages: readonly unknown[] | undefined, message: unknown): UiRequest {
  if (message !== undefined && message !== null)
    return { ids: [idOf(message, 'message') ?? null], last: readMessage(message, 'message') };
  if (messages === undefined || messages.length === 0)
    throw invalid('messages', 'messages or message is required: at least the one that is sent', 'missing');
  const place = messages.length - 1;
  return {
    ids: messages.map((one, index) => idOf(one, `messages[${index}]`) ?? null),
    last: readMessage(messages[place], `messages[${place}]`),
  };
}

function idOf(message: unknown, path: string): string | undefined {
  const { id } = readFields(message, path);
  if (id === undefined || id === null || id === '') return undefined;
  if (typeof id !== 'string' || countCodePoints(id) > maxIdCharacters)
    throw invalid(`${path}.id`, `${path}.id must be a text of at most ${maxIdCharacters} characters`);
  return id;
}

function readMessage(value: unknown, path: string): UiMessage {
  const message = readFields(value, path);
  const id = idOf(value, path);
  const { role } = message;
  const parts = readList(message.parts, `${path}.parts`);
  if (role === 'user') return { role, id, parts: readParts(parts, `${path}.parts`) };
  if (role === 'assistant') return { role, id, results: readResults(parts, `${path}.parts`) };
  throw invalid(
    `${path}.role`,
    `${path}.role must be user, or assistant with results of tools: a system prompt is the persona's`,
  );
}

function readParts(parts: readonly unknown[], path: string): MessagePart[] {
  const read: MessagePart[] = [];
  const images = new ImageCount();
  let characters = 0;
  for (const [index, value] of parts.entries()) {
    const at = `${path}[${index}]`;
    const part = readFields(value, at);
    if (part.type === 'text') {
      const text = readText(part.text, `${at}.text`);
      characters += countCodePoints(text);
      if (text !== '') read.push({ type: 'text', text });
    } else if (part.type === 'file') {
      images.add(at);
      read.push(readImage(part, at));
    } else if (typeof part.type !== 'string' || !/^data-|^step-start$|^source-|^reasoning$/.test(part.type)) {
      throw invalid(`${at}.type`, `${at}.type must be text, file or data-…`);
    }
  }
  if (characters > maxMessageCharacters)
    throw invalid(path, `${path}: a message has at most ${maxMessageCharacters} characters`);
  if (read.every((part) => part.type === 'text' && isBlank(part.text)))
    throw invalid(path, `${path} must have a text that is not empty, or an image`);
  return read;
}

function readImage({ mediaType, url }: Fields, path: string): MessagePart {
  if (typeof mediaType === 'string' && !mediaType.startsWith('image/'))
    throw new AppError('unsupported', `${path}.mediaType must be an image's: other files are not taken`, {
      field: `${path}.mediaType`,
    });
  const address = readText(url, `${path}.url`);
  checkImageAddress(address, `${path}.url`);
  return { type: 'image', url: address };
}

/** Tool parts that have come to an end; the others are still to be answered. */
function readResults(parts: readonly unknown[], path: string): ToolResult[] {
  return parts.flatMap((value, index) => {
    const at = `${path}[${index}]`;
    const { type, state, toolCallId, output, errorText } = readFields(value, at);
    const isTool = type === 'dynamic-tool' || (typeof type === 'string' && type.startsWith('tool-'));
    if (!isTool || (state !== 'output-available' && state !== 'output-error')) return [];
    const callId = readText(toolCallId, `${at}.toolCallId`);
    if (state === 'output-error')
      return [{ callId, output: JSON.stringify({ error: readText(errorText, `${at}.errorText`) }) }];
    return [
      {
        callId,
        output:
          typeof output === 'string' ? readText(output, `${at}.output`) : JSON.stringify(output ?? null),
      },
    ];
  });
}
