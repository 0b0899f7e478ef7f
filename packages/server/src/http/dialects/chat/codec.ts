/** The chat dialect's frames: each is one line of JSON, which names its type. */
import { toJsonLine } from '../../answer/json-line.ts';
import { type Codec, type CodecContext, dataFrame, type Frames, hidden } from '../../streaming/codec.ts';
import type { ShownEvent } from '../../streaming/shown.ts';

export const chatCodec: Codec<CodecContext> = { begin: (context) => context, frames };

function frames(event: ShownEvent, { sessionId }: CodecContext): Frames {
  if (typeof event === 'string') return `data: {"type":"token","content":${toJsonLine(event)}}\n`;
  switch (event.type) {
    case 'start': {
      const type = event.newSession ? 'session_created' : 'session_continued';
      return dataFrame({ type, session_id: sessionId });
    }
    case 'queued':
      return dataFrame({ type: 'queued', position: event.position });
    case 'end': {
      const { usage, finishReason, sources } = event;
      return dataFrame({
        type: 'done',
        usage,
        finish_reason: finishReason,
        ...(sources !== undefined && { sources }),
      });
    }
    case 'error':
      return dataFrame({ type: 'error', code: event.code, message: event.message });
    case 'started':
    case 'status':
    case 'sources':
    case 'part-started':
    case 'piece':
    case 'part-finished':
      return hidden;
  }
}
