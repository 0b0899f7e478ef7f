/**
 * Stands in for `eventsource-parser` in the widget (`bundle.js`): of Server-Sent Events the client reads ids and data alone.
 */

interface Frame {
  readonly id: string | undefined;
  readonly data: string;
}

export function createParser({ onEvent }: { readonly onEvent: (frame: Frame) => void }) {
  let rest = '';
  let id: string | undefined;
  let data: string[] = [];

  function take(line: string): void {
    if (line === '') {
      if (data.length > 0) onEvent({ id, data: data.join('\n') });
      id = undefined;
      data = [];
      return;
    }
    const [, field, value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === 'data') data.push(value);
    else if (field === 'id') id = value;
  }

  return {
    /** A piece of the stream, cut anywhere between two characters. */
    feed(piece: string): void {
      // What follows a carriage return at the end may be its line feed.
      const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      lines.forEach(take);
    },
  };
}
