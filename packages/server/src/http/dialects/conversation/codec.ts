/** The conversation dialect's frames: each has an `event:` line and one line of JSON, and both name its type. */
import { toJsonLine } from '../../answer/json-line.ts';
import { type Codec, type CodecContext, dataFrame, type Frames, hidden } from '../../streaming/codec.ts';
import type { ShownEvent } from '../../streaming/shown.ts';

export const conversationCodec: Codec<CodecContext> = { begin: (context) => context, frames };

function frames(event: ShownEvent, { messageId }: CodecContext): Frames {
  if (typeof event === 'string') {
    return `event: content\ndata: {"type":"content","content":${toJsonLine(event)}}\n`;
  }
  switch (event.type) {
    case 'start':
      return frame({ type: 'start', message_id: messageId });
    case 'queued':
      return frame({ type: 'queued', position: event.position });
    case 'end': {
      const { finishReason, usage, sources } = event;
      return frame({
        type: 'end',
        finish_reason: finishReason,
        usage,
        ...(sources !== undefined && { sources }),
      });
    }
    case 'error':
      return frame({ type: 'error', code: event.code, message: event.message });
    case 'started':
    case 'status':
    case 'sources':
    case 'part-started':
    case 'piece':
    case 'part-finished':
      return hidden;
  }
}

function frame(data: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${data.type}\n${dataFrame(data)}`;
}
