/** Reads images of messages. */
import type { Database } from '../tables.ts';

/** The `data:` addresses of images by their ids, for the engine: the scope of their messages was checked. */
export async function readFiles(db: Database, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('file')
    .select(['id', 'media_type', 'data'])
    .where('id', 'in', [...new Set(ids)])
    .execute();
  return new Map(rows.map(({ id, media_type: type, data }) => [id, `data:${type};base64,${data}`]));
}
