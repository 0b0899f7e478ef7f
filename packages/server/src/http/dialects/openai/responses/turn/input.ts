/** `input` of a response as the messages of a turn. References to stored items are resolved by the caller. */
import { invalid } from '../../../../../domain/errors.ts';
import type { MessagePart } from '../../../../../domain/message.ts';
import { ImageCount } from '../../../images.ts';
import {
  type Fields,
  oneOfWords,
  optionalText,
  readFields,
  readList,
  readText,
} from '../../../read-values.ts';
import { OpenAiError } from '../../errors.ts';
import { type ItemReference, readItemId } from '../../ids.ts';
import { readContent } from '../../request/content.ts';
import type { ChainEntry } from '../../request/turn-chain.ts';

/** An item, or the id of one that is stored. */
export type InputEntry =
  | (ChainEntry & {
      /** The part of a stored message that the item was, by its id or its call's. */
      readonly stored?: ItemReference | undefined;
    })
  | { readonly path: string; readonly reference: string };

const messageRoles = ['user', 'assistant', 'system', 'developer'] as const;
const itemTypes = [
  'message',
  'function_call',
  'function_call_output',
  'reasoning',
  'item_reference',
] as const;

/** @throws AppError invalid_request, unsupported */
export function readInput(input: unknown, name = 'input'): readonly InputEntry[] {
  if (typeof input === 'string') {
    return [{ role: 'user', path: name, joins: false, parts: [{ type: 'text', text: input }] }];
  }
  const list = readList(input, name);
  if (list.length === 0) throw invalid(name, `${name} must have at least 1 item`);
  const count = new ImageCount();
  return list.map((item, index) =>
    readItem(readFields(item, `${name}[${index}]`), `${name}[${index}]`, count),
  );
}

function readItem(item: Fields, path: string, count: ImageCount): InputEntry {
  const given = optionalText(item.type, `${path}.type`);
  // Both a short message and a reference may leave their type out.
  const type = given ?? (item.role === undefined && item.id !== undefined ? 'item_reference' : 'message');
  switch (type) {
    case 'message':
      return readMessage(item, path, count);
    case 'function_call': {
      const call = {
        type: 'tool-call',
        id: readText(item.call_id, `${path}.call_id`),
        name: readText(item.name, `${path}.name`),
        arguments: optionalText(item.arguments, `${path}.arguments`) ?? '',
      } as const;
      return {
        role: 'assistant',
        path,
        joins: true,
        parts: [call],
        stored: storedOf(item.id) ?? callOf(call.id),
      };
    }
    case 'reasoning':
      return {
        role: 'assistant',
        path,
        joins: true,
        parts: reasoningParts(item, path),
        stored: storedOf(item.id),
      };
    case 'function_call_output':
      return { role: 'tool', path, joins: true, parts: [toolResult(item, path, count)] };
    case 'item_reference':
      return { path, reference: readText(item.id, `${path}.id`) };
    default:
      throw unknownType(type, path);
  }
}

function unknownType(type: string, path: string): Error {
  const known =
    /^(?:file_search|computer|web_search|image_generation|code_interpreter|local_shell|shell|apply_patch|mcp|custom_tool)_|^compaction$/;
  const at = `${path}.type`;
  if (!known.test(type)) return oneOfWords(at, itemTypes);
  return new OpenAiError('unsupported_value', `${at} ${JSON.stringify(type)} is not supported`, at);
}

function readMessage(item: Fields, path: string, count: ImageCount): InputEntry {
  const role = readText(item.role, `${path}.role`);
  const at = `${path}.content`;
  switch (role) {
    case 'user':
      return {
        role,
        path,
        joins: false,
        parts: readContent(item.content, at, {
          types: ['input_text', 'input_image', 'text', 'image_url'],
          count,
        }),
      };
    case 'system':
    case 'developer':
      return {
        role,
        path,
        joins: false,
        parts: readContent(item.content, at, { types: ['input_text', 'text'], count }),
      };
    case 'assistant': {
      const isEmpty = Array.isArray(item.content) && item.content.length === 0;
      const types = ['output_text', 'refusal', 'input_text', 'text'] as const;
      const parts = isEmpty ? [] : readContent(item.content, at, { types, count });
      return { role, path, joins: true, parts, stored: storedOf(item.id) };
    }
    default:
      throw oneOfWords(`${path}.role`, messageRoles);
  }
}

function reasoningParts(item: Fields, path: string): readonly MessagePart[] {
  if (item.summary === undefined || item.summary === null) return [];
  return readList(item.summary, `${path}.summary`).flatMap((one, index) => {
    const at = `${path}.summary[${index}]`;
    const text = optionalText(readFields(one, at).text, `${at}.text`) ?? '';
    return text === '' ? [] : [{ type: 'reasoning', text } as const];
  });
}

function toolResult(item: Fields, path: string, count: ImageCount): MessagePart {
  const parts = readContent(item.output, `${path}.output`, {
    types: ['input_text', 'text', 'output_text'],
    count,
  });
  const result = parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
  return { type: 'tool-result', id: readText(item.call_id, `${path}.call_id`), result };
}

function storedOf(id: unknown): ItemReference | undefined {
  return typeof id === 'string' ? readItemId(id) : undefined;
}

/** The part that a call of an answer is. */
function callOf(id: string): ItemReference | undefined {
  return readItemId(id.replace(/^call_/, 'fc_'));
}
