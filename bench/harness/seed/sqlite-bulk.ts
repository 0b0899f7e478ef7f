/** Inserts rows into the SQLite file while its server is down, in one transaction without a journal. */
import { DatabaseSync } from 'node:sqlite';
import type { Home } from '../colloquy.ts';
import { answerUsage, type BulkStore, partsOf, type SeedOptions } from './rows.ts';
import { createTokenizer } from './tokens.ts';

export async function openSqliteBulk(home: Home, options: SeedOptions): Promise<BulkStore> {
  const { storage, organizationId, modelId, personaId } = home;
  if (storage.engine !== 'sqlite') throw new Error('not an SQLite store');
  const db = new DatabaseSync(storage.path, { enableForeignKeyConstraints: false });
  for (const pragma of ['journal_mode = off', 'synchronous = off', 'cache_size = -262144']) {
    db.exec(`pragma ${pragma}`);
  }
  db.exec('begin');
  const searchState = 2;
  const conversation =
    db.prepare(`insert into conversation (id, organization_id, environment, title, title_source,
    next_position, deleted_messages, search_state, created_at, updated_at)
    values (?, '${organizationId}', 'prod', ?, 'user', ?, ?, ${searchState}, ?5, ?5)`);
  const session =
    db.prepare(`insert into session (id, conversation_id, organization_id, environment, persona_id,
    persona_version, model_id, status, head_message_id, created_at, updated_at)
    values (?, ?, '${organizationId}', 'prod', ${personaId}, 1, '${modelId}', 'active', ?, ?4, ?4)`);
  const message =
    db.prepare(`insert into message (id, conversation_id, session_id, organization_id, environment,
    parent_id, role, parts, text, position, status, model_id, usage, search_state, created_at, updated_at)
    values (?, ?, ?, '${organizationId}', 'prod', ?, ?, ?, ?, ?, 'done', ?, ?, ${searchState}, ?11, ?11)`);
  const document = db.prepare(
    'insert into search_document (id, conversation_id, message_id) values (?, ?, ?)',
  );
  const searchTokens = db.prepare('insert into search_tokens (rowid, tokens) values (?, ?)');
  const tokensOf = createTokenizer(organizationId);
  let documents = 0;
  const index = (conversationId: string, messageId: string | null, text: string): void => {
    if (!options.isSearchable) return;
    documents += 1;
    document.run(documents, conversationId, messageId);
    searchTokens.run(documents, tokensOf(messageId === null ? 'title' : 'message', text).join(' '));
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
