/**
 * Whatever happened in a conversation, its next turn is answered: by upstreams that refuse each form of a request that
 * strict servers refuse, in both wire formats. PostgreSQL gets the strictest of them all, since only histories differ there.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import {
  answer,
  gate,
  type RecordedRequest,
  refuse,
  type Script,
  type Wire,
} from 'colloquy-testkit/upstream/scripted-upstream';
import { type Strictness, strict } from 'colloquy-testkit/upstream/strict';
import { newId } from '../../../src/domain/ids.ts';
import type { Engine } from '../../../src/generation/engine.ts';
import type { TurnRequest, TurnRequestTarget } from '../../../src/generation/turn.ts';
import { isSummaryCall, long } from '../context/contexts.ts';
import { type EngineHarness, readLog, startEngineHarness } from '../engines.ts';
import { insertMessages } from '../insert-message.ts';

const form = { alternating: true, firstIsUser: true, lastIsUser: true, noBlankContent: true } as const;
const parameters = ['max_tokens', 'temperature', 'stream_options'];

const upstreams: Readonly<Record<string, Strictness>> = {
  'alternating roles': { alternating: true },
  'the first must be user': { firstIsUser: true },
  'the last must be user': { lastIsUser: true },
  'no empty content': { noBlankContent: true },
  'no system role': { ...form, noSystemRole: true },
  'refuses max_tokens': { refused: ['max_tokens'] },
  'refuses temperature': { refused: ['temperature'] },
  'refuses stream_options': { refused: ['stream_options'] },
  'window 2,000': { windowTokens: 2000 },
  'window 2,000, said without figures': {
    windowTokens: 2000,
    overflow: () => 'Input is too long for requested model.',
  },
  'every form': form,
  'every parameter and the window': { ...form, refused: parameters, windowTokens: 2000 },
  'all at once': { ...form, noSystemRole: true, refused: parameters, windowTokens: 2000 },
};

/** A persona with a model of its own, on the harness's upstream, and a conversation. */
interface World {
  readonly h: EngineHarness;
  readonly engine: Engine;
  readonly wire: Wire;
  readonly modelId: string;
  readonly persona: { readonly personaId: number; readonly version: number };
  /** Plays this script for the next call, whatever the upstream's rules say. */
  next(script: Script): void;
}

interface Turn {
  readonly generationId: string;
  readonly conversationId: string;
  readonly sessionId: string;
  readonly userMessageId: string;
  readonly answerMessageId: string;
}

async function say(
  w: World,
  target: Partial<TurnRequestTarget> & { text?: string },
  more: Partial<TurnRequest> = {},
) {
  const turn: Turn = await w.engine.accept(
    w.h.turn(target.kind === undefined ? { persona: w.persona, ...target } : target, more),
  );
  await readLog(w.engine, turn.generationId).ended;
  return turn;
}

const begin = (w: World) => say(w, { text: 'Hello' });
const follow = (w: World, { sessionId }: Pick<Turn, 'sessionId'>, text: string) =>
  say(w, { kind: 'session', sessionId, text });

/** A conversation whose messages were posted, without answers; gives the question to answer. */
async function post(w: World, script: string): Promise<string> {
  const [id, sessionId] = [newId(), newId()];
  const { scope, place } = w.h;
  const now = Date.now();
  await place.store.execute('createConversation', { scope, id, title: 'Posted', isArchived: false, now });
  const { personaId, version: personaVersion } = w.persona;
  const newSession = { id: sessionId, personaId, personaVersion, modelId: w.modelId };
  let last = '';
  for (const one of script.split('|')) {
    last = newId();
    const role = one.startsWith('a:') ? 'assistant' : 'user';
    const message = {
      conversationId: id,
      messageId: last,
      role,
      text: one.slice(2),
      newSession,
      apiKeyId: null,
      now,
    } as const;
    await place.store.execute('postMessage', { scope, ...message });
  }
  return last;
}

const histories: Readonly<Record<string, (w: World) => Promise<Turn>>> = {
  async 'a failed turn'(w) {
    const first = await begin(w);
    w.next(refuse(500));
    await follow(w, first, 'This fails.');
    return follow(w, first, 'And now?');
  },
  async 'a first turn that failed'(w) {
    w.next(refuse(401));
    return follow(w, await begin(w), 'And now?');
  },
  async 'an empty answer'(w) {
    const first = await begin(w);
    w.next({ steps: [{ do: 'finish' }, { do: 'end' }] });
    await follow(w, first, 'Say nothing.');
    return follow(w, first, 'And now?');
  },
  async 'a cut answer'(w) {
    const first = await begin(w);
    w.next(answer('This is', { finishReason: w.wire === 'openai' ? 'length' : 'max_tokens' }));
    await follow(w, first, 'Go on and on.');
    w.next({ steps: [{ do: 'tokens', tokens: ['Broken'] }, { do: 'drop' }] });
    await follow(w, first, 'Break off.');
    return follow(w, first, 'And now?');
  },
  async 'stopped while it thought'(w) {
    const first = await begin(w);
    const door = gate();
    w.next({
      steps: [{ do: 'tokens', tokens: ['Hmm'], reasoning: true }, door.step, { do: 'finish' }, { do: 'end' }],
    });
    const { sessionId } = first;
    const asked = await w.engine.accept(w.h.turn({ kind: 'session', sessionId, text: 'Think.' }));
    await readLog(w.engine, asked.generationId).until(4);
    await w.engine.cancel(w.h.scope, asked.generationId);
    door.release();
    return follow(w, first, 'And now?');
  },
  async 'deleted messages'(w) {
    const first = await begin(w);
    const second = await follow(w, first, 'Two');
    const { scope, place } = w.h;
    for (const id of [first.answerMessageId, second.answerMessageId])
      await place.store.execute('deleteMessage', { scope, id, now: Date.now() });
    const third = await follow(w, first, 'Three');
    await place.store.execute('deleteMessage', { scope, id: first.userMessageId, now: Date.now() });
    await place.store.execute('deleteMessage', { scope, id: second.userMessageId, now: Date.now() });
    await place.store.execute('deleteMessage', { scope, id: third.userMessageId, now: Date.now() });
    return follow(w, first, 'And now?');
  },
  async 'a greeting first'(w) {
    return say(w, { kind: 'message', messageId: await post(w, 'a:Welcome!|u:Hello'), again: false });
  },
  async 'two questions in a row'(w) {
    return say(w, {
      kind: 'message',
      messageId: await post(w, 'u:One|u:Two|a:Both.|u:Three|u:Four'),
      again: false,
    });
  },
  async 'an answer of blanks'(w) {
    const first = await begin(w);
    w.next(answer('', { tokens: [' \n\t', '\u200b\u00a0'] }));
    await follow(w, first, 'Say blanks.');
    return follow(w, first, 'And now?');
  },
  async 'regenerate and continue'(w) {
    const first = await begin(w);
    w.next(answer('Once upon a', { finishReason: w.wire === 'openai' ? 'length' : 'max_tokens' }));
    const cut = await follow(w, first, 'Tell a story.');
    const messageId = cut.userMessageId;
    const again = await say(w, { kind: 'message', messageId, again: true });
    const continued = await say(w, {
      kind: 'message',
      messageId,
      again: true,
      continueFrom: cut.answerMessageId,
    });
    for (const one of [again, continued])
      assert.equal((await w.engine.get(w.h.scope, one.generationId)).error, null);
    return follow(w, first, 'And now?');
  },
  async 'an assistant that begins, and speaks twice'(w) {
    const question = await post(w, 'a:Welcome!|a:How can I help?|a: \n|u:Well.|a:Yes?|u:And now?');
    return say(w, { kind: 'message', messageId: question, again: false });
  },
  async 'a very long one'(w) {
    const first = await begin(w);
    const ids = Array.from({ length: 40 }, () => newId());
    const messages = ids.map((_, index) => ({
      parent: ids[index - 1] ?? first.answerMessageId,
      role: index % 2 === 0 ? ('user' as const) : ('assistant' as const),
      text: long(`message ${index}`),
    }));
    await insertMessages(w.h.place, first.userMessageId, messages, { ids, movesHead: true });
    return follow(w, first, 'And now?');
  },
};

async function makeWorld(h: EngineHarness, engine: Engine, wire: Wire, rules: Strictness): Promise<World> {
  const { organizationId } = h.scope;
  const [modelId, now] = [newId(), Date.now()];
  const baseUrl = wire === 'openai' ? h.upstream.openAiUrl : h.upstream.anthropicUrl;
  const provider = wire === 'openai' ? 'openai-compatible' : 'anthropic';
  const settings = { name: modelId, provider, model: 'scripted', baseUrl } as const;
  await h.place.store.execute('createModel', {
    id: modelId,
    organizationId,
    byOperator: true,
    now,
    settings,
  });
  const revision = {
    systemPrompt: 'Be a test.',
    modelId,
    temperature: 0.5,
    topP: null,
    maxTokens: 300,
    stop: null,
  };
  const reference = { organizationId, id: h.persona.personaId, now };
  const { version } = await h.place.store.execute('putNextVersion', {
    ...reference,
    revision: { ...revision, seed: null, internet: false, fallbacks: [] },
  });
  await h.place.store.execute('submitPersona', reference);
  const scripts: Script[] = [];
  const plain = strict(rules, answer('Here.'));
  h.upstream.setDefault((request: RecordedRequest) =>
    isSummaryCall(request) ? plain(request) : (scripts.shift() ?? plain(request)),
  );
  const persona = { personaId: h.persona.personaId, version };
  return { h, engine, wire, modelId, persona, next: (script) => void scripts.push(script) };
}

onBothStores('strict upstreams', (storeEngine) => {
  for (const wire of ['openai', 'anthropic'] as const) {
    test(`${wire}: the next turn of every history is answered`, async () => {
      await using h = await startEngineHarness(storeEngine, { wire });
      const engine = await h.start();
      const unanswered: string[] = [];
      for (const [rulesName, rules] of Object.entries(upstreams)) {
        if (storeEngine === 'postgres' && rulesName !== 'all at once') continue;
        // Providers of Anthropic's format name their figures.
        if (wire === 'anthropic' && rulesName.includes('without figures')) continue;
        const world = await makeWorld(h, engine, wire, rules);
        for (const [historyName, play] of Object.entries(histories)) {
          const turn = await play(world);
          const { status, error } = await engine.get(h.scope, turn.generationId);
          if (status !== 'done')
            unanswered.push(`${rulesName} × ${historyName}: ${status} ${error?.message}`);
        }
      }
      assert.deepEqual(unanswered, []);
    });
  }
});
