/** Fills a Colloquy store in bulk while its server is down. */
import type { Home } from '../colloquy.ts';
import { openPostgresBulk } from './postgres-bulk.ts';
import {
  type SeedConversation,
  type SeedOptions,
  type StoredConversation,
  storeConversations,
} from './rows.ts';
import { openSqliteBulk } from './sqlite-bulk.ts';

export async function seedStore(
  home: Home,
  conversations: Iterable<SeedConversation>,
  options: SeedOptions,
): Promise<StoredConversation[]> {
  const startedAtMs = performance.now();
  const open = home.storage.engine === 'sqlite' ? openSqliteBulk : openPostgresBulk;
  const stored = await storeConversations(await open(home, options), conversations, options);
  const messages = stored.reduce((sum, conversation) => sum + conversation.messages, 0);
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  console.log(
    `${home.storage.engine}: ${messages} messages in ${stored.length} conversations stored in ${seconds} s`,
  );
  return stored;
}
