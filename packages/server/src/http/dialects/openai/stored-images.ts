/** The images that are stored beside messages. */
import { readFiles } from '../../../store/queries/files.ts';
import type { MessageParts } from '../../../store/queries/message-parts.ts';
import type { Database } from '../../../store/store.ts';

/** Their addresses by id; those that are gone are left out. */
export async function imagesOf(
  reads: Database,
  messages: readonly Pick<MessageParts, 'parts'>[],
): Promise<ReadonlyMap<string, string>> {
  const ids = messages.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === 'image' && 'file_id' in part ? [part.file_id] : [])),
  );
  return ids.length === 0 ? new Map() : await readFiles(reads, ids);
}
