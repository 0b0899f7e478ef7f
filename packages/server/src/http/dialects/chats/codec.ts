/** The chats dialect's frames: the answer as raw text in unnamed events, everything else as a named one. */
import { type Codec, type CodecContext, dataFrame, type Frames, hidden } from '../../streaming/codec.ts';
import type { ShownEvent } from '../../streaming/shown.ts';

export const chatsCodec: Codec<CodecContext> = { begin: (context) => context, frames };

function frames(event: ShownEvent, { messageId }: CodecContext): Frames {
  if (typeof event === 'string') return rawFrame(event);
  switch (event.type) {
    case 'queued':
      return namedFrame('status', { status: 'queued', position: event.position });
    case 'status':
      return namedFrame('status', { status: event.status });
    case 'sources': {
      const { sources, notice } = event;
      return namedFrame('sources', { sources, ...(notice !== undefined && { notice }) });
    }
    case 'end': {
      const { finishReason, usage } = event;
      return namedFrame('done', { id: messageId, finish_reason: finishReason, usage });
    }
    case 'error':
      return namedFrame('error', { code: event.code, message: event.message });
    case 'start':
    case 'started':
    case 'part-started':
    case 'piece':
    case 'part-finished':
      return hidden;
  }
}

/**
 * Writes a text unchanged: readers remove one blank from each `data:` line and put a newline between the lines
 * (WHATWG HTML, "Server-sent events"). The log holds no CR, which a line could not carry.
 */
function rawFrame(text: string): string {
  return `data: ${text.replaceAll('\n', '\ndata: ')}\n`;
}

function namedFrame(name: string, data: object): string {
  return `event: ${name}\n${dataFrame(data)}`;
}
