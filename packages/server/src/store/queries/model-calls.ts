/** Reads the token usage of model calls, for the limits of keys. */
import type { Database } from '../tables.ts';

/** Prompt and completion tokens of a key since a time (epoch milliseconds). */
export async function sumTokensOfKey(db: Database, apiKeyId: string, sinceMs: number): Promise<number> {
  const row = await db
    .selectFrom('model_call')
    .select((eb) =>
      eb.fn.sum<number | string | null>(eb('prompt_tokens', '+', eb.ref('completion_tokens'))).as('tokens'),
    )
    .where('api_key_id', '=', apiKeyId)
    .where('created_at', '>=', sinceMs)
    .executeTakeFirstOrThrow();
  return Number(row.tokens ?? 0);
}
