/** What `useChat` sends, read: the one message that counts, the ids of the others, and results of tools. */
import { AppError, invalid } from '../../../domain/errors.ts';
import { type MessagePart, maxMessageCharacters } from '../../../domain/message.ts';
import { isBlank } from '../../../domain/text/blank.ts';
import type { ToolResult } from '../../../generation/turns/tool-results.ts';

export interface UiRequest {
  /** Ids of all messages, oldest first; a message without one has null. */
  readonly ids: readonly (string | null)[];
  readonly last: UiMessage;
}

export type UiMessage =
  | { readonly role: 'user'; readonly id: string | undefined; readonly parts: readonly MessagePart[] }
  | { readonly role: 'assistant'; readonly id: string | undefined; readonly results: readonly ToolResult[] };

const maxImages = 20;
const maxImageBytes = 5 * 2 ** 20;
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

type Fields = { readonly [name: string]: unknown };

function fieldsOf(value: unknown, path: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(path, `${path} must be an object`, 'type');
  return value as Fields;
}

function idOf(message: unknown, path: string): string | undefined {
  const { id } = fieldsOf(message, path);
  if (id === undefined || id === null || id === '') return undefined;
  if (typeof id !== 'string' || id.length > maxIdCharacters)
    throw invalid(`${path}.id`, `${path}.id must be a text of at most ${maxIdCharacters} characters`);
  return id;
}

function readMessage(value: unknown, path: string): UiMessage {
  const message = fieldsOf(value, path);
  const id = idOf(value, path);
  const { role, parts } = message;
  if (!Array.isArray(parts)) throw invalid(`${path}.parts`, `${path}.parts must be an array`, 'type');
  if (role === 'user') return { role, id, parts: readParts(parts, `${path}.parts`) };
  if (role === 'assistant') return { role, id, results: readResults(parts, `${path}.parts`) };
  throw invalid(
    `${path}.role`,
    `${path}.role must be user, or assistant with results of tools: a system prompt is the persona's`,
  );
}

function readParts(parts: readonly unknown[], path: string): MessagePart[] {
  const read: MessagePart[] = [];
  let characters = 0;
  for (const [index, value] of parts.entries()) {
    const at = `${path}[${index}]`;
    const part = fieldsOf(value, at);
    if (part.type === 'text') {
      const text = readText(part.text, `${at}.text`);
      characters += text.length;
      if (text !== '') read.push({ type: 'text', text });
    } else if (part.type === 'file') {
      read.push(readImage(part, at));
    } else if (typeof part.type !== 'string' || !/^data-|^step-start$|^source-|^reasoning$/.test(part.type)) {
      throw invalid(`${at}.type`, `${at}.type must be text, file or data-…`);
    }
  }
  if (characters > maxMessageCharacters)
    throw invalid(path, `${path}: a message has at most ${maxMessageCharacters} characters`);
  if (read.filter(({ type }) => type === 'image').length > maxImages)
    throw invalid(path, `${path}: a message has at most ${maxImages} images`);
  if (read.every((part) => part.type === 'text' && isBlank(part.text)))
    throw invalid(path, `${path} must have a text that is not empty, or an image`);
  return read;
}

function readText(value: unknown, path: string): string {
  if (typeof value !== 'string') throw invalid(path, `${path} must be a text`, 'type');
  if (value.includes('\0') || !value.isWellFormed())
    throw invalid(path, `${path} must have neither a NUL nor a lone surrogate`);
  return value;
}

const imageData = /^data:image\/(?:png|jpeg|gif|webp);base64,([A-Za-z0-9+/]*={0,2})$/;

function readImage({ mediaType, url }: Fields, path: string): MessagePart {
  if (typeof mediaType === 'string' && !mediaType.startsWith('image/'))
    throw new AppError('unsupported', `${path}.mediaType must be an image's: other files are not taken`, {
      field: `${path}.mediaType`,
    });
  const address = readText(url, `${path}.url`);
  const data = imageData.exec(address)?.[1];
  if (data === undefined && !/^https:\/\/[^\s]+$/.test(address))
    throw invalid(
      `${path}.url`,
      `${path}.url must be an https: address, or a data: address of a png, jpeg, gif or webp image in base64`,
    );
  if (data !== undefined && data.length * 0.75 > maxImageBytes)
    throw invalid(`${path}.url`, `${path}.url must be an image of at most ${maxImageBytes / 2 ** 20} MiB`);
  return { type: 'image', url: address };
}

/** Tool parts that have come to an end; the others are still to be answered. */
function readResults(parts: readonly unknown[], path: string): ToolResult[] {
  return parts.flatMap((value, index) => {
    const at = `${path}[${index}]`;
    const { type, state, toolCallId, output, errorText } = fieldsOf(value, at);
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
