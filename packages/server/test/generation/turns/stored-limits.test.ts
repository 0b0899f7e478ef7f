/** Limits that are counted in the store are exact, however many ask at once, and whatever becomes of an answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { AppError } from '../../../src/domain/errors.ts';
import { newId } from '../../../src/domain/ids.ts';
import type { LimitSubject, Limits, SubjectLimits } from '../../../src/domain/limits/limits.ts';
import { subjectName } from '../../../src/domain/limits/limits.ts';
import type { Engine } from '../../../src/generation/engine.ts';
import { type Consumed, readConsumed } from '../../../src/store/queries/consumption.ts';
import { type EngineHarness, readLog, startEngineHarness } from '../engines.ts';

/** Two currency units for a million tokens of an answer; prompts cost nothing. */
const pricePerToken = 2 / 1e6;

/** A cost without the error of binary fractions: it is counted in billionths. */
function exact(cost: number): number {
  return Math.round(cost * 1e9) / 1e9;
}

async function makeModel(
  h: EngineHarness,
  prices: { input: number; output: number } | null,
): Promise<string> {
  const id = newId();
  await h.place.store.execute('createModel', {
    id,
    organizationId: h.scope.organizationId,
    byOperator: true,
    now: Date.now(),
    settings: {
      name: 'priced',
      provider: 'openai-compatible',
      model: 'scripted',
      baseUrl: h.upstream.openAiUrl,
      apiKeyEncrypted: null,
      apiKeyEnv: null,
      contextWindow: 4000,
      maxOutputTokens: null,
      prices,
      isActive: true,
      canContinue: false,
    },
  });
  return id;
}

/** A subject of the organization that exists, with these limits. */
async function makeSubject(h: EngineHarness, subject: LimitSubject, limits: Limits): Promise<SubjectLimits> {
  const { organizationId, environment } = h.scope;
  if (subject === 'organization') return { subject, id: organizationId, limits };
  const id = newId();
  if (subject === 'end_user') {
    const user = { id, organizationId, environment, externalId: id, now: Date.now() };
    await h.place.store.execute('ensureEndUser', user);
  } else {
    await h.place.store.execute('createApiKey', {
      ...{ id, organizationId, limits },
      name: 'limited',
      type: 'prod',
      prefix: 'sk_prod_x',
      hash: id,
      defaultPersonaId: null,
      allowedOrigins: null,
      expiresAt: null,
      now: Date.now(),
    });
  }
  return { subject, id, limits };
}

class Asking {
  readonly h: EngineHarness;
  readonly engine: Engine;
  readonly modelId: string;
  readonly held: SubjectLimits;

  constructor(h: EngineHarness, engine: Engine, modelId: string, held: SubjectLimits) {
    this.h = h;
    this.engine = engine;
    this.modelId = modelId;
    this.held = held;
  }

  accept(maxTokens: number | undefined, more: object = {}) {
    const { subject, id } = this.held;
    const endUserId = subject === 'end_user' ? id : undefined;
    const request = this.h.turn(
      { kind: 'new-conversation', modelId: this.modelId, text: 'Hello' },
      {
        scope: { ...this.h.scope, ...(endUserId !== undefined && { endUserId }) },
        apiKeyId: subject === 'key' ? id : null,
        limits: [this.held],
        ...(maxTokens !== undefined && { maxTokens }),
        ...more,
      },
    );
    return this.engine.accept(request);
  }

  /** How many of so many turns at once were let in, all of which have ended. @throws what is no refusal by a quota */
  async wave(count: number, maxTokens: number): Promise<number> {
    const outcomes = await Promise.allSettled(
      Array.from({ length: count }, async () => {
        const { generationId } = await this.accept(maxTokens);
        await this.engine.answer(generationId);
      }),
    );
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') continue;
      assert.ok(outcome.reason instanceof AppError, String(outcome.reason));
      assert.equal(outcome.reason.code, 'quota_exhausted');
      assert.equal(outcome.reason.details.limit?.subject, this.held.subject);
    }
    return outcomes.filter(({ status }) => status === 'fulfilled').length;
  }

  async consumed(): Promise<Consumed | undefined> {
    const all = await readConsumed(this.h.place.store.reads, [this.held], Date.now());
    return all.get(subjectName(this.held));
  }

  /** What the calls that a report reads have cost together. */
  async reported(): Promise<{ cost: number; tokens: number }> {
    const column = { key: 'api_key_id', organization: 'organization_id', end_user: 'end_user_id' } as const;
    const rows = await this.h.place.store.reads
      .selectFrom('model_call')
      .select(['cost', 'prompt_tokens', 'completion_tokens'])
      .where(column[this.held.subject], '=', this.held.id)
      .execute();
    return {
      cost: exact(rows.reduce((sum, row) => sum + (row.cost ?? 0), 0)),
      tokens: rows.reduce((sum, row) => sum + row.prompt_tokens + row.completion_tokens, 0),
    };
  }
}

async function ask(h: EngineHarness, subject: LimitSubject, limits: Limits): Promise<Asking> {
  const modelId = await makeModel(h, { input: 0, output: 2 });
  return new Asking(h, await h.start(), modelId, await makeSubject(h, subject, limits));
}

onBothStores('stored limits', (storeEngine) => {
  for (const subject of ['key', 'organization', 'end_user'] as const) {
    test(`1,000 turns of one ${subject} at once against a budget of 100 answers: exactly 100`, async () => {
      await using h = await startEngineHarness(storeEngine, { record: false });
      h.upstream.setDefault(answer('Fine', { usage: { promptTokens: 20, completionTokens: 50 } }));
      const asking = await ask(h, subject, { budget_per_month: exact(100 * 50 * pricePerToken) });
      assert.equal(await asking.wave(1000, 50), 100);
      assert.equal((await asking.consumed())?.budget_per_month, exact(100 * 50 * pricePerToken));
      assert.equal((await asking.reported()).cost, exact(100 * 50 * pricePerToken));
      assert.equal(await asking.wave(5, 50), 0);
    });
  }

  test('with looser reservations a budget is never passed, and later waves fill it', async () => {
    await using h = await startEngineHarness(storeEngine, { record: false });
    h.upstream.setDefault(answer('Fine', { usage: { promptTokens: 20, completionTokens: 10 } }));
    const budget = exact(100 * 10 * pricePerToken);
    const asking = await ask(h, 'key', { budget_per_month: budget });
    const first = await asking.wave(300, 50);
    assert.ok(first >= 20 && first < 100, `${first}`);
    // Each wave takes a fifth of what is left: reservations are five times the cost.
    for (let i = 0; i < 24; i++) await asking.wave(30, 50);
    const { cost } = await asking.reported();
    assert.ok(cost <= budget);
    assert.ok(cost > budget - 50 * pricePerToken, `${cost} of ${budget}`);
    assert.equal((await asking.consumed())?.budget_per_month, cost);
  });

  test('tokens a day: what reports read is what is counted, on the day (UTC) of the call', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.setDefault(answer('Fine', { usage: { promptTokens: 300, completionTokens: 100 } }));
    const asking = await ask(h, 'key', { tokens_per_day: 1000 });
    // Without a bound of its own, an answer may have what is left.
    for (let i = 0; i < 3; i++) await asking.engine.answer((await asking.accept(undefined)).generationId);
    assert.equal((await asking.consumed())?.tokens_per_day, 1200);
    assert.equal((await asking.reported()).tokens, 1200);
    await assert.rejects(asking.accept(undefined), { code: 'quota_exhausted' });
    const { id, limits } = asking.held;
    const tomorrow = await readConsumed(
      h.place.store.reads,
      [{ subject: 'key', id }],
      Date.now() + 86_400_000,
    );
    assert.equal(tomorrow.get(`key:${id}`)?.tokens_per_day, 0);
    const bounds = h.upstream.requests.map((request) => request.body?.max_tokens);
    assert.ok(bounds.every((bound) => Number(bound) > 0 && Number(bound) <= Number(limits.tokens_per_day)));
  });

  test('what was used before a limit was set counts', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.setDefault(answer('Fine', { usage: { promptTokens: 300, completionTokens: 100 } }));
    const asking = await ask(h, 'organization', { tokens_per_day: 500 });
    const { generationId } = await asking.accept(50, { limits: [] });
    await asking.engine.answer(generationId);
    assert.equal(await asking.consumed(), undefined);
    await assert.rejects(asking.accept(100), { code: 'quota_exhausted' });
    assert.equal((await asking.consumed())?.tokens_per_day, 400);
  });

  test('an answer that fails, is cancelled, or is deleted gives back what it did not cost', async () => {
    await using h = await startEngineHarness(storeEngine);
    const asking = await ask(h, 'key', { budget_per_month: 1, tokens_per_day: 100_000, queued_turns: 5 });
    h.upstream.enqueue({ steps: [{ do: 'status', status: 400 }] } as never);
    h.upstream.setDefault({ steps: [{ do: 'tokens', tokens: ['kept'] }, { do: 'stall' }] });
    const stalled = await asking.accept(50);
    const deleted = await asking.accept(50);
    for (const { generationId } of [stalled, deleted]) await readLog(asking.engine, generationId).until(2);
    assert.ok((await asking.consumed())?.tokens_per_day !== 0);
    await asking.engine.cancel(h.scope, stalled.generationId);
    await asking.engine.cancelWhere({ conversationId: deleted.conversationId });
    await h.place.store.execute('deleteConversation', {
      scope: h.scope,
      id: deleted.conversationId,
      now: Date.now(),
    });
    const { tokens, cost } = await asking.reported();
    const left = { tokens_per_day: tokens, budget_per_month: cost, queued_turns: 0 };
    assert.deepEqual(await asking.consumed(), left);
  });

  test('turns that wait are counted until they run or end', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.setDefault({ steps: [{ do: 'tokens', tokens: ['kept'] }, { do: 'stall' }] });
    const asking = await ask(h, 'key', { queued_turns: 3 });
    const first = await asking.accept(50);
    const target = { kind: 'session', sessionId: first.sessionId, text: 'more' };
    const queue = () => asking.accept(50, { target, whenBusy: 'queue' });
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, queue));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 3);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected')?.reason as AppError;
    assert.equal(refused.code, 'rate_limited');
    assert.deepEqual(refused.details.limit, { name: 'queued_turns', subject: 'key' });
    assert.equal((await asking.consumed())?.queued_turns, 3);
    await asking.engine.cancel(h.scope, first.generationId);
    assert.equal((await asking.consumed())?.queued_turns, 2);
    await queue();
    await assert.rejects(queue(), { code: 'rate_limited' });
  });

  test('twenty turns wait in a session, whoever asks', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.setDefault({ steps: [{ do: 'tokens', tokens: ['kept'] }, { do: 'stall' }] });
    const engine = await h.start();
    const first = await engine.accept(h.turn({ text: '1' }));
    const target = { kind: 'session', sessionId: first.sessionId, text: 'more' } as const;
    const queue = () => engine.accept(h.turn(target, { whenBusy: 'queue' }));
    const outcomes = await Promise.allSettled(Array.from({ length: 40 }, queue));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 20);
    await assert.rejects(queue(), (error: AppError) => {
      assert.deepEqual(error.details.limit, { name: 'queued_turns', subject: 'session' });
      return error.code === 'rate_limited';
    });
  });

  test('a process that dies leaves its reservations to the one that takes over, which settles them once', async () => {
    await using h = await startEngineHarness(storeEngine);
    h.upstream.setDefault({ steps: [{ do: 'tokens', tokens: ['kept'] }, { do: 'stall' }] });
    const asking = await ask(h, 'key', { budget_per_month: 1 });
    const { generationId } = await asking.accept(50);
    await readLog(asking.engine, generationId).until(3);
    const { id } = asking.held;
    await h.place.store.execute('reserveCall', {
      ...{ id: newId(), generationId: null, owner: 1, subjects: [asking.held], now: Date.now() },
      tokens: 10,
      cost: 0.5,
    });
    assert.equal((await asking.consumed())?.budget_per_month, exact(0.5 + 50 * pricePerToken));
    const { owner } = await h.place.store.execute('registerOwner', { leaseMs: 10_000 });
    const claimed = await h.place.store.execute('claimDeadOwners', { owner, all: true });
    assert.deepEqual(claimed.generationIds, [generationId]);
    // The call beside the answers died with its process; the answer is still owed an end.
    assert.equal((await asking.consumed())?.budget_per_month, exact(50 * pricePerToken));
    const call = {
      ...{ id: newId(), generationId, apiKeyId: id, endUserId: null, personaId: null },
      organizationId: h.scope.organizationId,
      environment: 'prod',
      modelId: asking.modelId,
      purpose: 'answer',
      promptTokens: 1,
      completionTokens: 30,
      provenance: 'estimated',
      cost: 30 * pricePerToken,
      isRequest: true,
      isFailed: true,
      createdAt: Date.now(),
    } as const;
    const row = await h.place.store.reads
      .selectFrom('generation')
      .select(['session_id', 'message_id'])
      .where('id', '=', generationId)
      .executeTakeFirstOrThrow();
    const usage = {
      prompt_tokens: 1,
      completion_tokens: 30,
      total_tokens: 31,
      provenance: 'estimated',
    } as const;
    const outcome = { status: 'interrupted', finish_reason: null, usage, error: null } as const;
    const ending = {
      ...{ owner, generationId, sessionId: row.session_id, messageId: row.message_id, outcome },
      last: { generationId, firstSeq: 100, events: [{ type: 'generation-finished', ...outcome }] },
      message: { parts: '[]', text: '' },
      firstTokenAt: null,
      modelCalls: [call],
      now: Date.now(),
    };
    for (let i = 0; i < 2; i++) await h.place.store.execute('finishGeneration', ending as never);
    assert.equal((await asking.consumed())?.budget_per_month, exact(30 * pricePerToken));
  });
});
