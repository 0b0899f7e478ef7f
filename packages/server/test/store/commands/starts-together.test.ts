/** Turns that start conversations at the same time, which PostgreSQL stores by one statement; on both stores. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { newTurn } from 'colloquy-testkit/new-turn';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { openTestStore } from 'colloquy-testkit/stores';
import { sql } from 'kysely';
import type { AppError } from '../../../src/domain/errors.ts';
import { newId } from '../../../src/domain/ids.ts';
import type { CommandArgs } from '../../../src/store/command.ts';

type Turn = CommandArgs<'acceptTurn'>;

/** More than one statement takes. */
const many = 70;

onBothStores('turns that start conversations together', async (engine) => {
  const place = await openTestStore(engine);
  after(() => place[Symbol.asyncDispose]());
  const { store } = place;
  const organizationId = newId();
  await store.execute('createOrganization', { id: organizationId, name: 'test', now: Date.now() });
  const register = async () => (await store.execute('registerOwner', { leaseMs: 60_000 })).owner;

  const turnOf = (owner: number, text: string, organization = organizationId): Turn =>
    newTurn({
      ...{ organizationId: organization, owner, text, personaId: 7, personaVersion: 3 },
      parameters: '{"maxTokens":5}',
      now: 1_700_000_000_123,
    });
  const storedBy = async (turns: readonly Turn[]) => {
    const ids = turns.map(({ generationId }) => generationId);
    const rows = await store.reads.selectFrom('generation').select('id').where('id', 'in', ids).execute();
    return new Set(rows.map(({ id }) => id));
  };

  test('what clients keep with them is stored; an id that is taken fails its own turn alone', async () => {
    const owner = await register();
    const named = (n: number, clientId?: string): Turn => {
      const turn = turnOf(owner, `named ${n}`);
      if (turn.target.kind !== 'new-conversation') assert.fail();
      const messages = turn.target.messages.map((message) => ({ ...message, clientId: `message-${n}` }));
      const target = { ...turn.target, messages, ...(clientId !== undefined && { clientId }) };
      return { ...turn, target, metadata: JSON.stringify({ n: `${n}` }) };
    };
    const first = named(0, 'chat-1');
    await store.execute('acceptTurn', first);
    const turns = [named(1), named(2, 'chat-1'), named(3, 'chat-3'), named(4)];
    const ends = await Promise.allSettled(turns.map((turn) => store.execute('acceptTurn', turn)));
    assert.deepEqual(
      ends.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    );
    const rows = await store.reads
      .selectFrom('generation')
      .innerJoin('conversation', 'conversation.id', 'generation.conversation_id')
      .innerJoin('message', 'message.id', 'generation.reply_to')
      .select(['generation.metadata', 'conversation.client_id as chat', 'message.client_id as message'])
      .where(
        'generation.id',
        'in',
        [first, ...turns].map(({ generationId }) => generationId),
      )
      .orderBy('generation.metadata')
      .execute();
    assert.deepEqual(
      rows.map((row) => ({ ...row })),
      [
        { metadata: '{"n":"0"}', chat: 'chat-1', message: 'message-0' },
        { metadata: '{"n":"1"}', chat: null, message: 'message-1' },
        { metadata: '{"n":"3"}', chat: 'chat-3', message: 'message-3' },
        { metadata: '{"n":"4"}', chat: null, message: 'message-4' },
      ],
    );
  });

  test('each is stored whole, with its own texts', async () => {
    const owner = await register();
    const texts = Array.from(
      { length: many },
      (_, n) => `${n}: “\\u0000” {"a":[1,'b']} \n\t\\ 👩‍👩‍👧 ${'x'.repeat(n)}`,
    );
    const turns = texts.map((text) => turnOf(owner, text));
    const accepted = await Promise.all(turns.map((turn) => store.execute('acceptTurn', turn)));
    for (const [index, turn] of turns.entries()) {
      const { generationId, answerMessageId, target } = turn;
      if (target.kind !== 'new-conversation') assert.fail();
      const { conversationId, sessionId } = target;
      const { id: userMessageId = '', text } = target.messages[0] ?? {};
      assert.deepEqual(accepted[index], {
        ...{ generationId, conversationId, sessionId, userMessageId, answerMessageId },
        ...{ attempt: 1, isNew: true, isRunning: true, interrupted: [] },
        events: [
          { type: 'generation-queued', position: 0, new_session: true },
          { type: 'generation-started' },
        ],
      });
      const messages = await store.reads
        .selectFrom('message')
        .select(['id', 'role', 'text', 'parts', 'position', 'parent_id', 'generation_id', 'usage'])
        .where('session_id', '=', sessionId)
        .orderBy('position')
        .execute();
      const bare = { usage: null };
      assert.deepEqual(
        messages.map((row) => ({ ...row })),
        [
          {
            ...{
              ...bare,
              id: userMessageId,
              role: 'user',
              text,
              parts: JSON.stringify([{ type: 'text', text }]),
            },
            ...{ position: 0, parent_id: null, generation_id: null },
          },
          {
            ...{ ...bare, id: answerMessageId, role: 'assistant', text: '', parts: '[]' },
            ...{ position: 1, parent_id: userMessageId, generation_id: generationId },
          },
        ],
      );
    }
    const [first] = turns;
    if (first?.target.kind !== 'new-conversation') assert.fail();
    const read = store.reads;
    const conversation = await read
      .selectFrom('conversation')
      .selectAll()
      .where('id', '=', first.target.conversationId)
      .executeTakeFirstOrThrow();
    assert.equal(conversation.title, texts[0]);
    assert.equal(conversation.title_source, 'automatic');
    assert.equal(conversation.is_archived, 0);
    assert.equal(conversation.next_position, 2);
    assert.equal(conversation.updated_at, first.now);
    const session = await read
      .selectFrom('session')
      .selectAll()
      .where('id', '=', first.target.sessionId)
      .executeTakeFirstOrThrow();
    assert.equal(session.status, 'active');
    assert.equal(session.head_message_id, first.answerMessageId);
    assert.deepEqual([session.persona_id, session.persona_version], [7, 3]);
    const generation = await read
      .selectFrom('generation')
      .selectAll()
      .where('id', '=', first.generationId)
      .executeTakeFirstOrThrow();
    assert.equal(generation.status, 'running');
    assert.equal(generation.owner, owner);
    assert.equal(generation.parameters, '{"maxTokens":5}');
    assert.equal(generation.requested_model_id, null);
    assert.equal(generation.retries, 0);
    assert.equal(generation.started_at, first.now);
  });

  test('one that fails takes no other with it', async () => {
    const owner = await register();
    const good = Array.from({ length: 5 }, (_, n) => turnOf(owner, `good ${n}`));
    const taken = { ...turnOf(owner, 'taken'), generationId: good[0]?.generationId ?? '' };
    await store.execute('acceptTurn', good[0] as Turn);
    const strange = turnOf(owner, 'strange', newId());
    const rest = good.slice(1);
    const results = await Promise.allSettled(
      [rest[0], taken, rest[1], strange, rest[2], rest[3]].map((turn) =>
        store.execute('acceptTurn', turn as Turn),
      ),
    );
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    );
    assert.equal(((results[1] as PromiseRejectedResult).reason as AppError).code, 'conflict');
    assert.equal((await storedBy(rest)).size, rest.length);
    const left = await store.reads
      .selectFrom('conversation')
      .select('id')
      .where('title', 'in', ['taken', 'strange'])
      .execute();
    assert.deepEqual(left, []);
  });

  test('an owner that was fenced stores nothing, also beside one that was not', async () => {
    const old = await register();
    const owner = await register();
    await store.execute('claimDeadOwners', { owner, all: true });
    const lost = [turnOf(old, 'lost 1'), turnOf(old, 'lost 2')];
    const kept = [turnOf(owner, 'kept 1'), turnOf(owner, 'kept 2')];
    const [a, b, c, d] = await Promise.allSettled(
      [lost[0], kept[0], lost[1], kept[1]].map((turn) => store.execute('acceptTurn', turn as Turn)),
    );
    assert.deepEqual([b?.status, d?.status], ['fulfilled', 'fulfilled']);
    for (const one of [a, c]) {
      assert.equal(((one as PromiseRejectedResult).reason as AppError).code, 'interrupted');
    }
    assert.deepEqual((await storedBy(lost)).size, 0);
    assert.deepEqual((await storedBy(kept)).size, 2);
  });

  test('an owner is not fenced while its turns are being stored', {
    skip: engine === 'sqlite' && 'SQLite has one writer at a time',
  }, async () => {
    const owner = await register();
    const fencer = await register();
    const turns = Array.from({ length: 20 }, (_, n) => turnOf(owner, `raced ${n}`));
    const storing = Promise.allSettled(turns.map((turn) => store.execute('acceptTurn', turn)));
    const claimed = await store.execute('claimDeadOwners', { owner: fencer, all: true });
    const results = await storing;
    const stored = await storedBy(turns);
    for (const [index, { status }] of results.entries()) {
      const id = turns[index]?.generationId ?? '';
      assert.equal(stored.has(id), status === 'fulfilled');
      // Whatever was stored, the one that fenced the owner has seen.
      assert.equal(claimed.generationIds.includes(id), status === 'fulfilled');
    }
  });

  test('those of one moment share a transaction', {
    skip: engine === 'sqlite' && 'SQLite has one writer at a time',
  }, async () => {
    const owner = await register();
    const turns = Array.from({ length: 8 }, (_, n) => turnOf(owner, `shared ${n}`));
    await Promise.all(turns.map((turn) => store.execute('acceptTurn', turn)));
    const ids = turns.map(({ generationId }) => generationId);
    const { rows } = await sql<{ count: number }>`
      select count(distinct xmin::text)::integer as count from generation where id in (${sql.join(ids)})`.execute(
      store.reads,
    );
    assert.equal(rows[0]?.count, 1);
  });
});
