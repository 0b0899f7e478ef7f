/**
 * The ids of tool calls: `call_`, the 32 hex digits of the message, and the index of the part in it in hex, two digits or
 * more. They say which part is meant, so that nothing is stored for them.
 */
const pattern = /^call_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})([0-9a-f]{2,4})$/i;

export function callId(messageId: string, part: number): string {
  return `call_${messageId.replaceAll('-', '')}${part.toString(16).padStart(2, '0')}`;
}

/** The message and the part that an id means; undefined where it has not the form of one of ours. */
export function partOfCall(id: string): { readonly messageId: string; readonly part: number } | undefined {
  const found = pattern.exec(id);
  if (found === null) return undefined;
  const [, ...groups] = found;
  const part = Number.parseInt(groups[5] ?? '', 16);
  return { messageId: groups.slice(0, 5).join('-').toLowerCase(), part };
}
