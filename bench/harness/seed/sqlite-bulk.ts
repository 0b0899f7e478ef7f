/** Inserts rows into the SQLite file while its server is down, in one transaction without a journal. */
import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import type { Home } from '../colloquy.ts';
import { answerUsage, type BulkStore, partsOf, type SeedOptions } from './rows.ts';

export async function openSqliteBulk(home: Home, options: SeedOptions): Promise<BulkStore> {
  const { storage, organizationId, modelId, personaId } = home;
  if (storage.engine !== 'sqlite') throw new Error('not an SQLite store');
  const db = new DatabaseSync(storage.path, { enableForeignKeyConstraints: false });
  for (const pragma of ['journal_mode = off', 'synchronous = off', 'cache_size = -262144']) {
    db.exec(`pragma ${pragma}`);
  }
  db.exec('begin');
  const isIndexed = 1;
  const conversation =
    db.prepare(`insert into conversation (id, organization_id, environment, title, title_source,
    next_position, deleted_messages, is_indexed, created_at, updated_at)
    values (?, '${organizationId}', 'prod', ?, 'user', ?, ?, ${isIndexed}, ?5, ?5)`);
  const session =
    db.prepare(`insert into session (id, conversation_id, organization_id, environment, persona_id,
    persona_version, model_id, status, head_message_id, created_at, updated_at)
    values (?, ?, '${organizationId}', 'prod', ${personaId}, 1, '${modelId}', 'active', ?, ?4, ?4)`);
  const message =
    db.prepare(`insert into message (id, conversation_id, session_id, organization_id, environment,
    parent_id, role, parts, text, position, status, model_id, usage, is_indexed, created_at, updated_at)
    values (?, ?, ?, '${organizationId}', 'prod', ?, ?, ?, ?, ?, 'done', ?, ?, ${isIndexed}, ?11, ?11)`);
  const document = db.prepare(
    'insert into search_document (id, conversation_id, message_id) values (?, ?, ?)',
  );
  const searchWords = db.prepare(`insert into search_words (rowid, title, body, owner) values (?, ?, ?, '')`);
  const mark = createHash('sha256').update(`${organizationId}/prod`).digest('hex').slice(0, 12);
  let documents = 0;
  const index = (conversationId: string, messageId: string | null, text: string): void => {
    if (!options.isSearchable) return;
    documents += 1;
    const marked = mark + text.replaceAll(' ', ` ${mark}`);
    document.run(documents, conversationId, messageId);
    searchWords.run(documents, messageId === null ? marked : '', messageId === null ? '' : marked);
  };
  return {
    conversation({ id, title, nextPosition, deletedMessages, createdAtMs }) {
      conversation.run(id, title, nextPosition, deletedMessages, createdAtMs);
      index(id, null, title);
    },
    session({ id, conversationId, headMessageId, createdAtMs }) {
      session.run(id, conversationId, headMessageId, createdAtMs);
    },
    message({ id, conversationId, sessionId, parentId, role, text, position, createdAtMs }) {
      const isAnswer = role === 'assistant';
      message.run(
        id,
        conversationId,
        sessionId,
        parentId,
        role,
        partsOf(text),
        text,
        position,
        isAnswer ? modelId : null,
        isAnswer ? answerUsage : null,
        createdAtMs,
      );
      index(conversationId, id, text);
    },
    async drained() {},
    async finish() {
      db.exec('commit');
      db.exec('pragma journal_mode = wal');
      db.close();
    },
  };
}
