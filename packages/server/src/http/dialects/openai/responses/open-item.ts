/** The item that is being written, and the events that begin it, add to it and end it. */
import type { PartKind, Source } from '../../../../domain/event.ts';
import { toJsonLine } from '../../../answer/json-line.ts';
import {
  callItem,
  type ItemPlace,
  type ItemStatus,
  messageItem,
  type OutputItem,
  outputText,
  reasoningItem,
} from './output-items.ts';

/** An event without its number. */
export interface ResponseEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface OpenItem {
  readonly kind: PartKind;
  readonly place: ItemPlace;
  readonly outputIndex: number;
  /** Of a tool call; empty for others. */
  readonly name: string;
  readonly sources: readonly Source[];
  /** A delta's frame is `before`, its number, `between`, the piece as JSON, `behind`. */
  readonly before: string;
  readonly between: string;
  readonly behind: string;
  /** What it says so far; of a call, its arguments. */
  readonly text: string;
}

const deltaTypes: Readonly<Record<PartKind, string>> = {
  text: 'response.output_text.delta',
  reasoning: 'response.reasoning_summary_text.delta',
  'tool-call': 'response.function_call_arguments.delta',
};

export function openItem(
  item: Pick<OpenItem, 'kind' | 'place' | 'outputIndex' | 'name' | 'sources'>,
): OpenItem {
  const type = deltaTypes[item.kind];
  const open = { ...item, before: '', between: '', behind: '', text: '' };
  return {
    ...open,
    before: `event: ${type}\ndata: {"type":"${type}","sequence_number":`,
    between: `,${toJsonLine(placeOf(open)).slice(1, -1)},"delta":`,
    behind: item.kind === 'text' ? ',"logprobs":[]}\n' : '}\n',
  };
}

export function withPiece(open: OpenItem, piece: string): OpenItem {
  return { ...open, text: open.text + piece };
}

export function deltaFrame({ before, between, behind }: OpenItem, sequence: number, piece: string): string {
  return `${before}${sequence}${between}${toJsonLine(piece)}${behind}`;
}

/** The item as it is, or would be if it ended so. */
export function itemOf({ kind, place, name, text, sources }: OpenItem, status: ItemStatus): OutputItem {
  switch (kind) {
    case 'text':
      return messageItem(place, status, [outputText(text, sources)]);
    case 'reasoning':
      return reasoningItem(place, status, text);
    case 'tool-call':
      return callItem(place, status, { name, arguments: text });
  }
}

function emptyItemOf({ kind, place, name }: OpenItem): OutputItem {
  switch (kind) {
    case 'text':
      return messageItem(place, 'in_progress', []);
    case 'reasoning':
      return reasoningItem(place, 'in_progress', undefined);
    case 'tool-call':
      return callItem(place, 'in_progress', { name, arguments: '' });
  }
}

/** Where its events say that they belong. */
function placeOf(open: OpenItem): object {
  const at = { item_id: emptyItemOf(open).id, output_index: open.outputIndex };
  if (open.kind === 'tool-call') return at;
  return open.kind === 'text' ? { ...at, content_index: 0 } : { ...at, summary_index: 0 };
}

export function openingEvents(open: OpenItem): readonly ResponseEvent[] {
  const added = {
    type: 'response.output_item.added',
    output_index: open.outputIndex,
    item: emptyItemOf(open),
  };
  switch (open.kind) {
    case 'text':
      return [added, { type: 'response.content_part.added', ...placeOf(open), part: outputText('', []) }];
    case 'reasoning': {
      const part = { type: 'summary_text', text: '' };
      return [added, { type: 'response.reasoning_summary_part.added', ...placeOf(open), part }];
    }
    case 'tool-call':
      return [added];
  }
}

export function closingEvents(open: OpenItem, status: ItemStatus): readonly ResponseEvent[] {
  const { text, name, kind, sources, outputIndex } = open;
  const place = placeOf(open);
  const done = { type: 'response.output_item.done', output_index: outputIndex, item: itemOf(open, status) };
  switch (kind) {
    case 'text': {
      const part = outputText(text, sources);
      return [
        ...part.annotations.map((annotation, annotation_index) => ({
          type: 'response.output_text.annotation.added',
          ...{ ...place, annotation_index, annotation },
        })),
        { type: 'response.output_text.done', ...place, text, logprobs: [] },
        { type: 'response.content_part.done', ...place, part },
        done,
      ];
    }
    case 'reasoning': {
      const part = { type: 'summary_text', text };
      return [
        { type: 'response.reasoning_summary_text.done', ...place, text },
        { type: 'response.reasoning_summary_part.done', ...place, part },
        done,
      ];
    }
    case 'tool-call':
      return [{ type: 'response.function_call_arguments.done', ...place, name, arguments: text }, done];
  }
}
