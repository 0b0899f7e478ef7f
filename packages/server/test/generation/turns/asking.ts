/** Turns of a caller with limits, for the tests of what is counted in the store. */
import assert from 'node:assert/strict';
import { AppError } from '../../../src/domain/errors.ts';
import { newId } from '../../../src/domain/ids.ts';
import type { LimitSubject, Limits, SubjectLimits } from '../../../src/domain/limits/limits.ts';
import { subjectName } from '../../../src/domain/limits/limits.ts';
import type { Engine } from '../../../src/generation/engine.ts';
import type { TurnRequest } from '../../../src/generation/turn.ts';
import { type Consumed, readConsumed } from '../../../src/store/queries/consumption.ts';
import type { EngineHarness, TestTarget } from '../engines.ts';

/** Two currency units for a million tokens of an answer; prompts cost nothing. */
export const pricePerToken = 2 / 1e6;

/** A cost without the error of binary fractions: it is counted in billionths. */
export function exact(cost: number): number {
  return Math.round(cost * 1e9) / 1e9;
}

export async function makeModel(
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
export async function makeSubject(
  h: EngineHarness,
  subject: LimitSubject,
  limits: Limits,
): Promise<SubjectLimits> {
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

/** What differs from a first turn of the subject that says hello. */
export type AskedTurn = Partial<Omit<TurnRequest, 'target'>> & { readonly target?: TestTarget };

export class Asking {
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

  accept(maxTokens: number | undefined, { target, ...more }: AskedTurn = {}) {
    const { subject, id } = this.held;
    const endUserId = subject === 'end_user' ? id : undefined;
    const request = this.h.turn(
      target ?? { kind: 'new-conversation', modelId: this.modelId, text: 'Hello' },
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

  /** The scope of the subject's calls. */
  scope() {
    const { subject, id } = this.held;
    return subject === 'end_user' ? { ...this.h.scope, endUserId: id } : this.h.scope;
  }

  /** A new conversation that begins with this text, as what `accept` takes besides. */
  target(text: string): AskedTurn {
    return { target: { kind: 'new-conversation', modelId: this.modelId, text } };
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

export async function ask(h: EngineHarness, subject: LimitSubject, limits: Limits): Promise<Asking> {
  const modelId = await makeModel(h, { input: 0, output: 2 });
  return new Asking(h, await h.start(), modelId, await makeSubject(h, subject, limits));
}
