/** From the messages of a history to those that a model is sent, and what they cost. */
import type { MessagePart } from '../../domain/message.ts';
import type { ModelMessage, ModelMessagePart } from '../../models/language-model.ts';
import { readFiles } from '../../store/queries/files.ts';
import type { HistoryEntry } from '../../store/queries/histories.ts';
import type { Database } from '../../store/store.ts';

type Stored = Pick<HistoryEntry, 'role' | 'text' | 'richParts'>;
type StoredImage = Extract<MessagePart, { type: 'image' }>;

/** Reads the images that are stored beside the messages, if there are any. */
export async function toModelMessages(reads: Database, entries: readonly Stored[]): Promise<ModelMessage[]> {
  const all = entries.map((entry) => ({ ...entry, parts: partsOf(entry) }));
  const ids = all.flatMap(({ parts = [] }) =>
    parts.flatMap((part) => (part.type === 'image' && 'file_id' in part ? [part.file_id] : [])),
  );
  const files = ids.length === 0 ? undefined : await readFiles(reads, ids);
  return all.map(({ role, text, parts }) =>
    parts === undefined ? { role, text } : { role, text, parts: toModelParts(parts, files) },
  );
}

function partsOf({ richParts }: Pick<Stored, 'richParts'>): readonly MessagePart[] | undefined {
  return richParts === null ? undefined : (JSON.parse(richParts) as readonly MessagePart[]);
}

/** `files`: addresses of stored images by id; an image that is not there is left out. */
export function toModelParts(
  parts: readonly MessagePart[],
  files: ReadonlyMap<string, string> | undefined,
): readonly ModelMessagePart[] {
  return parts.flatMap((part): readonly ModelMessagePart[] => {
    switch (part.type) {
      case 'text':
      case 'tool-call':
      case 'tool-result':
        return [part];
      case 'image':
        return toImage(part, files);
      default:
        return [];
    }
  });
}

function toImage(image: StoredImage, files: ReadonlyMap<string, string> | undefined): ModelMessagePart[] {
  const url = 'url' in image ? image.url : files?.get(image.file_id);
  if (url === undefined) return [];
  return [{ type: 'image', url, ...(image.detail !== undefined && { detail: image.detail }) }];
}

/** No more tokens has a message: a token is at least one byte of UTF-8. */
export function mostTokens({ text, richParts }: Pick<Stored, 'text' | 'richParts'>): number {
  if (richParts === null) return Buffer.byteLength(text);
  const parts = partsOf({ richParts }) ?? [];
  const images = parts.filter(({ type }) => type === 'image').length;
  return Buffer.byteLength(richParts) + images * mostTokensPerImage;
}

const mostTokensPerImage = 2000;

/** A message as its tokens are counted: stored images cost what all do, and are not read. */
export function costlyMessage(entry: Stored): ModelMessage {
  const { role, text } = entry;
  const parts = partsOf(entry)?.map((part) => (part.type === 'image' ? { type: part.type, url: '' } : part));
  return parts === undefined ? { role, text } : { role, text, parts: toModelParts(parts, undefined) };
}
