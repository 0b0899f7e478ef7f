/** A session's turns with concurrent transactions: they run one after the other, each ends once, and none is lost. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { openTestStore } from 'colloquy-testkit/stores';
import type { AppError } from '../../../src/domain/errors.ts';
import type { LogEvent } from '../../../src/domain/event.ts';
import { newId } from '../../../src/domain/ids.ts';
import { userText } from '../../../src/generation/turn.ts';
import { toNewMessage } from '../../../src/generation/turns/new-messages.ts';
import type { Store } from '../../../src/store/store.ts';

const rounds = 40;
const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2, provenance: 'estimated' } as const;

/** Makes turns of one organization and model, run by one owner. */
async function turnsOf(store: Store) {
  const organizationId = newId();
  const now = Date.now();
  await store.execute('createOrganization', { id: organizationId, name: 'test', now });
  const { owner } = await store.execute('registerOwner', { leaseMs: 60_000 });
  const accept = (
    target: { kind: 'session'; sessionId: string } | { kind: 'new-conversation' },
    by = owner,
    at = Date.now(),
  ) =>
    store.execute('acceptTurn', {
      tenant: { organizationId, environment: 'prod', endUserId: null },
      target: {
        ...{ conversationId: newId(), sessionId: newId(), title: 'T', personaId: null, personaVersion: null },
        ...target,
        messages: userText('Hello').map(toNewMessage),
      },
      answerMessageId: newId(),
      generationId: newId(),
      dialect: 'chat',
      model: { id: newId(), name: 'M', provider: 'guide' },
      personaId: null,
      personaVersion: null,
      apiKeyId: null,
      parameters: '{}',
      whenBusy: 'queue',
      owner: by,
      now: at,
    });
  type Turn = Awaited<ReturnType<typeof accept>>;
  const endOf = (turn: Turn, firstSeq = turn.events.length + 1) => {
    const outcome = { status: 'done', finish_reason: 'stop', usage, error: null } as const;
    return {
      owner,
      generationId: turn.generationId,
      sessionId: turn.sessionId,
      messageId: turn.answerMessageId,
      outcome,
      last: { firstSeq, events: [{ type: 'generation-finished', ...outcome }] },
      message: { parts: '[]', text: 'Hi' },
      firstTokenAt: null,
      modelCalls: [answerCall(organizationId, turn.generationId)],
      receipt: '{}',
      now: Date.now(),
    } as const;
  };
  const finish = (turn: Turn, firstSeq?: number) => store.execute('finishGeneration', endOf(turn, firstSeq));
  const cancelQueued = (turn: Turn) =>
    store.execute('cancelQueued', { generationId: turn.generationId, owner, now: Date.now() });
  const statusesOf = async (sessionId: string) =>
    (
      await store.reads
        .selectFrom('generation')
        .select('status')
        .where('session_id', '=', sessionId)
        .orderBy('id')
        .execute()
    ).map(({ status }) => status);
  const logOf = async (turn: Turn) => {
    const segments = await store.reads
      .selectFrom('segment')
      .select('events')
      .where('generation_id', '=', turn.generationId)
      .orderBy('first_seq')
      .execute();
    const events = segments.flatMap((segment) => JSON.parse(segment.events) as LogEvent[]);
    return events.map((event) => (typeof event === 'string' ? event : event.type));
  };
  const callsOf = (turn: Turn) =>
    store.reads
      .selectFrom('model_call')
      .select('id')
      .where('generation_id', '=', turn.generationId)
      .execute();
  return { owner, accept, endOf, finish, cancelQueued, statusesOf, logOf, callsOf };
}

function answerCall(organizationId: string, generationId: string) {
  return {
    id: newId(),
    generationId,
    organizationId,
    environment: 'prod',
    endUserId: null,
    apiKeyId: null,
    personaId: null,
    modelId: newId(),
    purpose: 'answer',
    promptTokens: usage.prompt_tokens,
    completionTokens: usage.completion_tokens,
    provenance: usage.provenance,
    cost: null,
    isRequest: true,
    isFailed: false,
    createdAt: Date.now(),
  } as const;
}

onBothStores("a session's queue", async (engine) => {
  const place = await openTestStore(engine);
  after(() => place[Symbol.asyncDispose]());
  const { store } = place;

  test('a turn that is queued while the one before it ends is not forgotten', async () => {
    const turns = await turnsOf(store);
    for (let round = 0; round < rounds; round += 1) {
      const first = await turns.accept({ kind: 'new-conversation' });
      const { sessionId } = first;
      const [second, { next }] = await Promise.all([
        turns.accept({ kind: 'session', sessionId }),
        turns.finish(first),
      ]);
      assert.deepEqual(await turns.statusesOf(sessionId), ['done', 'running'], `round ${round}`);
      // The transaction that came second started the next turn.
      assert.equal(second.isRunning, next === null);
    }
  });

  test('a queued turn that is cancelled while its time comes is one or the other', async () => {
    const turns = await turnsOf(store);
    for (let round = 0; round < rounds; round += 1) {
      const first = await turns.accept({ kind: 'new-conversation' });
      const second = await turns.accept({ kind: 'session', sessionId: first.sessionId });
      await Promise.all([turns.finish(first), turns.cancelQueued(second)]);
      const [, status] = await turns.statusesOf(first.sessionId);
      const expected = {
        running: ['generation-queued', 'generation-started'],
        cancelled: ['generation-queued', 'generation-finished'],
      };
      assert.deepEqual(
        await turns.logOf(second),
        expected[status as keyof typeof expected],
        `round ${round}`,
      );
    }
  });

  test('of two ends at once only one starts the next turn', async () => {
    const turns = await turnsOf(store);
    for (let round = 0; round < rounds; round += 1) {
      const first = await turns.accept({ kind: 'new-conversation' });
      const session = { kind: 'session', sessionId: first.sessionId } as const;
      const second = await turns.accept(session);
      const third = await turns.accept(session);
      await Promise.all([turns.finish(first), turns.cancelQueued(second)]);
      const statuses = await turns.statusesOf(first.sessionId);
      assert.equal(
        statuses.filter((status) => status === 'running').length,
        1,
        `round ${round}: ${statuses}`,
      );
      const log = await turns.logOf(third);
      assert.ok(log.filter((type) => type === 'generation-started').length <= 1);
    }
  });

  test('turns come in the order in which they were accepted, though the clock goes back', async () => {
    const turns = await turnsOf(store);
    const first = await turns.accept({ kind: 'new-conversation' });
    const session = { kind: 'session', sessionId: first.sessionId } as const;
    const second = await turns.accept(session);
    const third = await turns.accept(session, turns.owner, Date.now() - 3_600_000);
    const ended = await turns.finish(first);
    assert.equal(ended.next?.generationId, second.generationId);
    const endedAgain = await turns.finish(second, 3);
    assert.equal(endedAgain.next?.generationId, third.generationId);
  });

  test('an owner that was fenced accepts nothing', async () => {
    const turns = await turnsOf(store);
    const { owner: other } = await store.execute('registerOwner', { leaseMs: 60_000 });
    await store.execute('claimDeadOwners', { owner: other, all: true });
    await assert.rejects(turns.accept({ kind: 'new-conversation' }), (error: AppError) => {
      assert.equal(error.code, 'interrupted');
      return true;
    });
  });

  test('an owner that was fenced ends nothing', async () => {
    const turns = await turnsOf(store);
    const first = await turns.accept({ kind: 'new-conversation' });
    const { owner: other } = await store.execute('registerOwner', { leaseMs: 60_000 });
    await store.execute('claimDeadOwners', { owner: other, all: true });
    await assert.rejects(turns.finish(first), (error: AppError) => error.code === 'interrupted');
    assert.deepEqual(await turns.statusesOf(first.sessionId), ['running']);
    assert.deepEqual(await turns.callsOf(first), []);
    assert.equal((await turns.logOf(first)).at(-1), 'generation-started');
  });

  test('an end whose answer was lost is stored once, however often it is tried', async () => {
    const turns = await turnsOf(store);
    const first = await turns.accept({ kind: 'new-conversation' });
    const second = await turns.accept({ kind: 'session', sessionId: first.sessionId });
    const end = turns.endOf(first);
    const ended = await store.execute('finishGeneration', end);
    assert.equal(ended.next?.generationId, second.generationId);
    assert.equal((await store.execute('finishGeneration', end)).kind, 'gone');
    assert.deepEqual(await turns.statusesOf(first.sessionId), ['done', 'running']);
    assert.equal((await turns.callsOf(first)).length, 1);
    assert.deepEqual(await turns.logOf(first), [
      'generation-queued',
      'generation-started',
      'generation-finished',
    ]);
  });
});
