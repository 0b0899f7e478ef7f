/** Stored messages as the items that they are. */
import type { MessagePart } from '../../../../domain/message.ts';
import type { MessageParts } from '../../../../store/queries/message-parts.ts';
import { itemId } from '../ids.ts';
import { type ItemStatus, outputItems } from './output-items.ts';

export interface Item {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** `images`: addresses of stored images by id; one that is not there is left out. */
export function itemsOf(
  { id, role, parts }: Pick<MessageParts, 'id' | 'role' | 'parts'>,
  last: ItemStatus,
  images: ReadonlyMap<string, string>,
  showsReasoning = false,
): readonly Item[] {
  if (role === 'assistant') return outputItems(id, parts, { last, showsReasoning }) as readonly Item[];
  if (role === 'tool') {
    return parts.flatMap((part, index) =>
      part.type === 'tool-result'
        ? [
            {
              id: itemId('fco', id, index),
              ...{ type: 'function_call_output', status: 'completed', call_id: part.id, output: part.result },
            },
          ]
        : [],
    );
  }
  const content = parts.flatMap((part) => contentOf(part, images));
  return [{ id: itemId('msg', id, 0), type: 'message', status: 'completed', role, content }];
}

function contentOf(part: MessagePart, images: ReadonlyMap<string, string>): object[] {
  if (part.type === 'text') return [{ type: 'input_text', text: part.text }];
  if (part.type !== 'image') return [];
  const url = 'url' in part ? part.url : images.get(part.file_id);
  if (url === undefined) return [];
  return [{ type: 'input_image', image_url: url, detail: part.detail ?? 'auto' }];
}
