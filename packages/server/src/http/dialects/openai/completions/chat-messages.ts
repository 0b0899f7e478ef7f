/** `messages` of a chat completion as the messages of a turn. */
import { invalid } from '../../../../domain/errors.ts';
import type { MessagePart, MessageRole } from '../../../../domain/message.ts';
import type { TurnMessage } from '../../../../generation/turn.ts';
import { ImageCount } from '../../images.ts';
import {
  type Fields,
  missing,
  oneOfWords,
  optionalText,
  readFields,
  readList,
  readText,
} from '../../read-values.ts';
import { OpenAiError } from '../errors.ts';
import { readContent } from '../request/content.ts';
import { type ChainEntry, toChain } from '../request/turn-chain.ts';

const roles = ['system', 'developer', 'user', 'assistant', 'tool'] as const satisfies readonly MessageRole[];

/** @throws AppError invalid_request, unsupported */
export function readMessages(messages: unknown): readonly TurnMessage[] {
  const list = readList(messages, 'messages');
  if (list.length === 0) throw invalid('messages', 'messages must have at least 1 item');
  const count = new ImageCount();
  const entries = list.map((message, index) => {
    const path = `messages[${index}]`;
    return readMessage(readFields(message, path), path, count);
  });
  return toChain(entries, new Set());
}

function readMessage(message: Fields, path: string, count: ImageCount): ChainEntry {
  const role = readText(message.role, `${path}.role`);
  const at = `${path}.content`;
  switch (role) {
    case 'system':
    case 'developer':
      return {
        role,
        path,
        joins: false,
        parts: readContent(message.content, at, { types: ['text'], count }),
      };
    case 'user':
      return {
        role,
        path,
        joins: false,
        parts: readContent(message.content, at, { types: ['text', 'image_url'], count }),
      };
    case 'assistant':
      return { role, path, joins: false, parts: assistantParts(message, path, count) };
    case 'tool':
      return { role, path, joins: true, parts: [toolResult(message, path, count)] };
    case 'function':
      throw new OpenAiError(
        'unsupported_value',
        `${path}.role "function" is not supported: use tools`,
        `${path}.role`,
      );
    default:
      throw oneOfWords(`${path}.role`, roles);
  }
}

function assistantParts(message: Fields, path: string, count: ImageCount): readonly MessagePart[] {
  const { content, refusal, tool_calls: toolCalls } = message;
  const parts: MessagePart[] = [];
  // Clients send back an empty text beside calls.
  if (content !== undefined && content !== null && content !== '' && !isEmptyList(content))
    parts.push(...readContent(content, `${path}.content`, { types: ['text', 'refusal'], count }));
  const refused = optionalText(refusal, `${path}.refusal`);
  if (refused !== undefined && refused !== '') parts.push({ type: 'text', text: refused });
  if (message.function_call !== undefined && message.function_call !== null)
    throw new OpenAiError(
      'unsupported_parameter',
      `${path}.function_call is not supported: use tools`,
      `${path}.function_call`,
    );
  if (toolCalls !== undefined && toolCalls !== null)
    for (const [index, call] of readList(toolCalls, `${path}.tool_calls`).entries())
      parts.push(toolCall(call, `${path}.tool_calls[${index}]`));
  if (parts.length > 0) return parts;
  if (content === undefined || content === null) throw missing(`${path}.content`);
  return [{ type: 'text', text: '' }];
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function toolCall(value: unknown, path: string): MessagePart {
  const call = readFields(value, path);
  const type = optionalText(call.type, `${path}.type`) ?? 'function';
  if (type !== 'function')
    throw new OpenAiError(
      'unsupported_value',
      `${path}.type ${JSON.stringify(type)} is not supported`,
      `${path}.type`,
    );
  const definition = readFields(call.function, `${path}.function`);
  return {
    type: 'tool-call',
    id: readText(call.id, `${path}.id`),
    name: readText(definition.name, `${path}.function.name`),
    arguments: optionalText(definition.arguments, `${path}.function.arguments`) ?? '',
  };
}

function toolResult(message: Fields, path: string, count: ImageCount): MessagePart {
  const parts = readContent(message.content, `${path}.content`, { types: ['text'], count });
  const result = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  return { type: 'tool-result', id: readText(message.tool_call_id, `${path}.tool_call_id`), result };
}
