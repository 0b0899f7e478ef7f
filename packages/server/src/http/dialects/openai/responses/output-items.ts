/** The items of a response's output, one for each part of the answer that is shown. */
import type { Source } from '../../../../domain/event.ts';
import type { MessagePart } from '../../../../domain/message.ts';
import { callId } from '../../../../domain/request/call-ids.ts';
import { citationsIn, type UrlCitation } from '../citations.ts';
import { itemId } from '../ids.ts';

export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

export interface OutputText {
  readonly type: 'output_text';
  readonly text: string;
  readonly annotations: readonly UrlCitation[];
  readonly logprobs: readonly never[];
}

export interface SummaryText {
  readonly type: 'summary_text';
  readonly text: string;
}

export type OutputItem =
  | {
      readonly type: 'message';
      readonly id: string;
      readonly status: ItemStatus;
      readonly role: 'assistant';
      readonly content: readonly OutputText[];
    }
  | {
      readonly type: 'function_call';
      readonly id: string;
      readonly status: ItemStatus;
      readonly call_id: string;
      readonly name: string;
      readonly arguments: string;
    }
  | {
      readonly type: 'reasoning';
      readonly id: string;
      readonly status: ItemStatus;
      readonly summary: readonly SummaryText[];
    };

/** Where an item's part stands. */
export interface ItemPlace {
  readonly messageId: string;
  readonly part: number;
}

export function outputText(text: string, sources: readonly Source[]): OutputText {
  return { type: 'output_text', text, annotations: citationsIn(text, sources), logprobs: [] };
}

export function messageItem(
  { messageId, part }: ItemPlace,
  status: ItemStatus,
  content: readonly OutputText[],
): OutputItem {
  return { type: 'message', id: itemId('msg', messageId, part), status, role: 'assistant', content };
}

export function callItem(
  { messageId, part }: ItemPlace,
  status: ItemStatus,
  call: { readonly name: string; readonly arguments: string },
): OutputItem {
  const id = itemId('fc', messageId, part);
  return {
    type: 'function_call',
    ...{ id, status, call_id: callId(messageId, part), name: call.name, arguments: call.arguments },
  };
}

export function reasoningItem(
  { messageId, part }: ItemPlace,
  status: ItemStatus,
  text: string | undefined,
): OutputItem {
  const summary = text === undefined ? [] : [{ type: 'summary_text', text } as const];
  return { type: 'reasoning', id: itemId('rs', messageId, part), status, summary };
}

/** The items of a stored or a live answer. `last`: the status of the last one; the others are complete. */
export function outputItems(
  messageId: string,
  parts: readonly MessagePart[],
  { last, showsReasoning }: { readonly last: ItemStatus; readonly showsReasoning: boolean },
): readonly OutputItem[] {
  const sources = parts.flatMap((part) => (part.type === 'sources' ? part.sources : []));
  const makers = parts.flatMap((part, index) => {
    const place = { messageId, part: index };
    switch (part.type) {
      case 'text':
        return [(status: ItemStatus) => messageItem(place, status, [outputText(part.text, sources)])];
      case 'tool-call':
        return [(status: ItemStatus) => callItem(place, status, part)];
      case 'reasoning':
        return showsReasoning ? [(status: ItemStatus) => reasoningItem(place, status, part.text)] : [];
      default:
        return [];
    }
  });
  return makers.map((make, index) => make(index === makers.length - 1 ? last : 'completed'));
}
