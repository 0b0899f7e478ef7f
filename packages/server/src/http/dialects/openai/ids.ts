/**
 * The ids of `/v1`: a prefix and the 32 hex digits of a UUID, for parts of messages followed by the part's index in hex.
 * They can be read back, so that nothing is stored for them.
 */
import { isUuid } from '../../../domain/ids.ts';

/** The prefixes of what has a UUID of its own. */
type WholePrefix = 'resp' | 'chatcmpl' | 'conv';

/** `msg`: a text or a message, `rs`: reasoning, `fc`: a tool call, `fco`: a tool's result. */
export const itemPrefixes = ['msg', 'rs', 'fc', 'fco'] as const;
export type ItemPrefix = (typeof itemPrefixes)[number];

export function wholeId(prefix: WholePrefix, id: string): string {
  return `${prefix}_${hexOf(id)}`.replace('chatcmpl_', 'chatcmpl-');
}

export function itemId(prefix: ItemPrefix, messageId: string, part: number): string {
  return `${prefix}_${hexOf(messageId)}${part.toString(16).padStart(2, '0')}`;
}

/** The UUID that an id names; a bare UUID names itself. Undefined where it is neither. */
export function readWholeId(prefix: WholePrefix, id: string): string | undefined {
  if (isUuid(id)) return id.toLowerCase();
  const start = prefix === 'chatcmpl' ? 'chatcmpl-' : `${prefix}_`;
  return id.startsWith(start) ? uuidOf(id.slice(start.length)) : undefined;
}

export interface ItemReference {
  readonly prefix: ItemPrefix;
  readonly messageId: string;
  readonly part: number;
}

/** The part of a message that an item's id names; undefined where it has not the form of one. */
export function readItemId(id: string): ItemReference | undefined {
  const [, prefix, hex = '', part = ''] = /^([a-z]+)_([0-9a-f]{32})([0-9a-f]{2,4})$/i.exec(id) ?? [];
  const known = itemPrefixes.find((one) => one === prefix);
  const messageId = uuidOf(hex);
  if (known === undefined || messageId === undefined) return undefined;
  return { prefix: known, messageId, part: Number.parseInt(part, 16) };
}

function hexOf(id: string): string {
  return id.replaceAll('-', '');
}

function uuidOf(hex: string): string | undefined {
  const groups = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(hex)?.slice(1);
  const uuid = groups?.join('-').toLowerCase();
  return uuid !== undefined && isUuid(uuid) ? uuid : undefined;
}
