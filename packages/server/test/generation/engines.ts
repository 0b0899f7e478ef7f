/** A generation engine on a real store and a scripted upstream, with one organization, model and persona. */

import { newTurn } from 'colloquy-testkit/new-turn';
import { openTestStore, type TestStore } from 'colloquy-testkit/stores';
import {
  type ScriptedUpstream,
  startScriptedUpstream,
  type Wire,
} from 'colloquy-testkit/upstream/scripted-upstream';
import { conversationScope } from '../../src/auth/scopes.ts';
import type { LogEvent } from '../../src/domain/event.ts';
import { newId } from '../../src/domain/ids.ts';
import type { ModelRecord } from '../../src/domain/model.ts';
import type { Scope } from '../../src/domain/scope.ts';
import { Engine } from '../../src/generation/engine.ts';
import type { EngineOptions } from '../../src/generation/engine-options.ts';
import type { ModelRegistry } from '../../src/generation/plan/plan.ts';
import { type TurnRequest, type TurnRequestTarget, userText } from '../../src/generation/turn.ts';
import type { LanguageModel } from '../../src/models/language-model.ts';
import { createRemoteModel } from '../../src/models/remote-model.ts';
import { estimateTokens } from '../../src/models/token-count.ts';
import { createUpstreamDispatcher } from '../../src/models/upstream/dispatcher.ts';
import type { Store, StoreEngine } from '../../src/store/store.ts';

/** `text` is a user's one message. Without a kind: a new conversation on the persona. */
export type TestTarget = Partial<TurnRequestTarget> & { readonly text?: string };

export interface EngineHarness extends AsyncDisposable {
  readonly place: TestStore;
  readonly upstream: ScriptedUpstream;
  readonly scope: Scope;
  readonly modelId: string;
  readonly models: ModelRegistry;
  readonly persona: { readonly personaId: number; readonly version: number };
  /** The messages that the engine logged. */
  readonly warnings: { readonly message: string; readonly details: object }[];
  start(store?: Store, options?: Partial<EngineOptions>): Promise<Engine>;
  turn(target: TestTarget, more?: Partial<TurnRequest>): TurnRequest;
}

export const silentLog = { warn() {}, error() {} };

export async function startEngineHarness(
  engine: StoreEngine,
  options: {
    readonly canContinue?: boolean;
    /** Default 4000; null: it is not known. */
    readonly contextWindow?: number | null;
    /** The wire format. Default `openai`. */
    readonly wire?: Wire;
    /** Whether the upstream keeps the calls that it got. Default true. */
    readonly record?: boolean;
  } = {},
): Promise<EngineHarness> {
  const place = await openTestStore(engine);
  const upstream = await startScriptedUpstream({ record: options.record ?? true });
  const dispatcher = createUpstreamDispatcher({ connectMs: 2000 });
  const now = Date.now();
  const organizationId = newId();
  await place.store.execute('createOrganization', { id: organizationId, name: 'test', now });
  const modelId = newId();
  const provider = options.wire === 'anthropic' ? 'anthropic' : 'openai-compatible';
  await place.store.execute('createModel', {
    id: modelId,
    organizationId,
    byOperator: true,
    now,
    settings: {
      name: 'scripted',
      provider,
      model: 'scripted',
      baseUrl: provider === 'anthropic' ? upstream.anthropicUrl : upstream.openAiUrl,
      apiKeyEncrypted: null,
      apiKeyEnv: null,
      contextWindow: options.contextWindow === undefined ? 4000 : options.contextWindow,
      maxOutputTokens: null,
      prices: { input: 1, output: 2 },
      isActive: true,
      canContinue: options.canContinue === true,
    },
  });
  const { id: personaId } = await place.store.execute('createPersona', {
    organizationId,
    name: 'Test',
    alias: 'test',
    description: null,
    now,
  });
  const reference = { organizationId, id: personaId };
  await place.store.execute('putNextVersion', {
    ...reference,
    now,
    revision: {
      systemPrompt: 'Be a test.',
      modelId,
      temperature: null,
      topP: null,
      maxTokens: null,
      stop: null,
      seed: null,
      internet: false,
      fallbacks: [],
    },
  });
  await place.store.execute('submitPersona', { ...reference, now });
  const warnings: { message: string; details: object }[] = [];
  const log = {
    debug: () => {},
    warn: (details: object, message: string) => void warnings.push({ message, details }),
    error: (details: object, message: string) => void warnings.push({ message, details }),
  };
  const model = (record: ModelRecord): LanguageModel =>
    createRemoteModel(
      {
        provider: record.provider === 'anthropic' ? 'anthropic' : 'openai-compatible',
        model: record.model,
        baseUrl: record.baseUrl ?? '',
        canContinue: record.canContinue,
      },
      {
        dispatcher,
        timeouts: { connectMs: 2000, firstTokenMs: 5000, idleMs: 5000 },
        maxRetries: 0,
        countTokens: estimateTokens,
      },
    );
  const models: ModelRegistry = { get: model, whenReady: async (record) => model(record) };
  const engines: Engine[] = [];
  const scope = conversationScope(organizationId, 'prod');
  const persona = { personaId, version: 1 };
  return {
    place,
    upstream,
    scope,
    modelId,
    models,
    persona,
    warnings,
    async start(store = place.store, options = {}) {
      const started = await Engine.start({
        store,
        models,
        leaseMs: 10_000,
        log,
        ...options,
      });
      engines.push(started);
      return started;
    },
    turn(target, more = {}) {
      const { text, ...place } = target;
      const said = text ?? (target.kind === undefined ? 'Hello' : undefined);
      const messages = said === undefined ? {} : { messages: userText(said) };
      const whole = {
        ...(place.kind === undefined && { kind: 'new-conversation', persona }),
        ...messages,
        ...place,
      };
      return {
        scope,
        target: whole as TurnRequestTarget,
        dialect: 'chat',
        whenBusy: 'reject',
        apiKeyId: null,
        ...more,
      };
    },
    async [Symbol.asyncDispose]() {
      for (const one of engines) await one[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
      await upstream[Symbol.asyncDispose]();
      await dispatcher.destroy();
    },
  };
}

/** Stores a turn in a new conversation as running under an owner, without an engine. */
export function acceptAs(h: EngineHarness, owner: number, text = 'Hello') {
  const turn = newTurn({
    ...{ organizationId: h.scope.organizationId, owner, text },
    ...{ personaId: h.persona.personaId, personaVersion: h.persona.version },
    model: { id: h.modelId, name: 'scripted', provider: 'openai-compatible' },
  });
  return h.place.store.execute('acceptTurn', turn);
}

export interface Reading {
  /** The events with their numbers, in the order in which they came. */
  readonly events: { readonly seq: number; readonly event: LogEvent }[];
  readonly ended: Promise<void>;
  /** Resolves once this many events have come. */
  until(count: number): Promise<void>;
  close(): void;
}

/** Reads a generation's log into a list. */
export function readLog(engine: Engine, generationId: string, afterSeq = 0): Reading {
  const events: { seq: number; event: LogEvent }[] = [];
  const waits = new Set<{ count: number; resolve: () => void }>();
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  ended.catch(() => {});
  const subscription = engine.subscribe(generationId, afterSeq, {
    write(run) {
      run.events.forEach((event, index) => {
        events.push({ seq: run.firstSeq + index, event });
      });
      for (const wait of waits) if (events.length >= wait.count) wait.resolve();
      return true;
    },
    end: resolve,
    fail: reject,
  });
  return {
    events,
    ended,
    until: (count) =>
      new Promise((done) => {
        if (events.length >= count) done();
        else waits.add({ count, resolve: done });
      }),
    close: () => subscription.close(),
  };
}

export function textOf(reading: Reading): string {
  return reading.events.map(({ event }) => (typeof event === 'string' ? event : '')).join('');
}
