/** What a conversation as a store does where something fails, on a real server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Colloquy } from '../../src/index.ts';
import { holding, ready, texts, until } from '../shown.ts';
import { onStage } from './stage.ts';

const stage = onStage();
const { show } = stage;

test('a message that is refused stays, and can be sent again or taken away', async () => {
  const conversation = show();
  await conversation.send('One');
  await ready(conversation);
  const text = 'x'.repeat(9000);
  assert.equal(await conversation.send(text), false);
  const refused = conversation.getSnapshot();
  assert.deepEqual([refused.status, refused.error?.code], ['error', 'invalid_request']);
  const unsent = refused.messages[2];
  assert.deepEqual([unsent?.status, unsent?.content], ['unsent', text]);
  assert.equal(await conversation.retry(unsent?.id ?? ''), false);
  await conversation.remove(conversation.getSnapshot().messages[2]?.id ?? '');
  assert.equal(await conversation.send('Two'), true);
  assert.deepEqual(texts(await ready(conversation)), ['One', 'Re: One', 'Two', 'Re: Two']);
  assert.equal(await conversation.edit(refused.messages[0]?.id ?? '', text), false);
  const kept = conversation.getSnapshot();
  assert.deepEqual(texts(kept), ['One', 'Re: One', 'Two', 'Re: Two']);
  assert.deepEqual([kept.status, kept.error?.code], ['error', 'invalid_request']);
});

test('a message that is refused stays where it was said, also where the history comes later', async () => {
  const { sessionId } = await stage.colloquy.send('Zero');
  const conversation = show({ session: sessionId });
  const text = 'x'.repeat(9000);
  // Nothing of the history is there yet.
  assert.equal(await conversation.send(text), false);
  assert.equal(await conversation.send('One'), true);
  const expected = ['Zero', 'Re: Zero', text, 'One', 'Re: One'];
  await until(conversation, (now) => now.status !== 'streaming' && texts(now).length === 5);
  assert.deepEqual(texts(await until(conversation, (now) => texts(now).at(-1) === 'Re: One')), expected);
  await conversation.refresh();
  assert.deepEqual(texts(conversation.getSnapshot()), expected);
});

test('a failure at the model belongs to its answer, which keeps what it has', async () => {
  stage.server.upstream.enqueue({
    steps: [
      { do: 'headers' },
      { do: 'tokens', tokens: ['Half'] },
      { do: 'error', type: 'server_error', message: 'it broke' },
    ],
  });
  const conversation = show();
  await conversation.send('One');
  const failed = await until(conversation, ({ status }) => status === 'error');
  const answer = failed.messages[1];
  assert.deepEqual(
    [answer?.content, answer?.status, answer?.error?.code],
    ['Half', 'failed', 'provider_error'],
  );
  assert.equal(await conversation.regenerate(), true);
  const again = await ready(conversation);
  assert.deepEqual([again.error, texts(again)], [null, ['One', 'Re: One']]);
});

test('a cut connection is told of while it lasts, and a lost response makes no second message', async () => {
  const conversation = show();
  const seen = new Set<string>();
  conversation.subscribe(() => void seen.add(conversation.getSnapshot().status));
  stage.proxy.misdeeds.push({ swallow: true }, { cutAfter: 300 }, { cutAfter: 100 });
  const before = stage.server.upstream.requests.length;
  assert.equal(await conversation.send('One'), true);
  assert.deepEqual(texts(await ready(conversation)), ['One', 'Re: One']);
  assert.ok(seen.has('reconnecting'));
  assert.equal(stage.server.upstream.requests.length - before, 1);
});

test('a session that is not there is an error', async () => {
  const conversation = show({ session: '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01' });
  const lost = await until(conversation, ({ isLoading }) => !isLoading);
  assert.deepEqual([lost.status, lost.error?.code], ['error', 'not_found']);
});

/** A client whose calls can be held back or lost on their way. */
function onTheWay() {
  const cable = new AbortController();
  const way = {
    isOffline: false,
    losesAnswers: false,
    hold: (_request: string): Promise<unknown> | undefined => undefined,
    cut: () => cable.abort(new TypeError('cut')),
  };
  const client = new Colloquy({
    baseUrl: stage.server.url,
    token: stage.token,
    maxRetries: 0,
    fetch: async (url, init) => {
      if (way.isOffline) throw new TypeError('offline');
      const signals = [
        ...(init?.signal ? [init.signal] : []),
        ...(cable.signal.aborted ? [] : [cable.signal]),
      ];
      const response = await fetch(url, { ...init, signal: AbortSignal.any(signals) });
      await way.hold(`${init?.method} ${new URL(String(url)).pathname}`);
      if (way.losesAnswers) throw new TypeError('lost');
      return response;
    },
  });
  return { way, client };
}

test('a history that comes late takes nothing away, and one that comes early doubles nothing', async () => {
  const { way, client } = onTheWay();
  const { sessionId: session } = await client.send('One');
  for (const late of ['GET', 'POST']) {
    const held = Promise.withResolvers<void>();
    let isHeld = false;
    way.hold = (request) => {
      if (!request.startsWith(late) || isHeld || !/sessions|continuation/.test(request)) return undefined;
      isHeld = true;
      return held.promise;
    };
    const conversation = show({ session }, client);
    const sent = conversation.send(late);
    if (late === 'GET') await sent;
    while (stage.server.upstream.requests.at(-1)?.lastUserMessage !== late) await new Promise(setImmediate);
    held.resolve();
    assert.equal(await sent, true);
    const whole = texts(await ready(conversation));
    assert.deepEqual(whole.slice(0, 2), ['One', 'Re: One']);
    assert.deepEqual(whole.slice(-2), [late, `Re: ${late}`]);
    assert.equal(new Set(whole).size, whole.length);
  }
});

test('what is read anew and is as it was tells views nothing', async () => {
  const conversation = show();
  await conversation.send('One');
  await ready(conversation);
  const before = conversation.getSnapshot();
  let told = 0;
  conversation.subscribe(() => {
    told += 1;
  });
  await conversation.refresh();
  assert.deepEqual(conversation.getSnapshot(), before);
  assert.equal(conversation.getSnapshot(), before);
  assert.equal(told, 0);
});

test('an answer whose connection is lost for good is read on when there is one again', async () => {
  const { way, client } = onTheWay();
  const held = holding(stage.server);
  const conversation = show({ maxRetries: 0 }, client);
  await conversation.send('One');
  await until(conversation, ({ messages }) => messages[1]?.content === 'Half ');
  way.isOffline = true;
  way.cut();
  const lost = await until(conversation, ({ status }) => status === 'error');
  assert.deepEqual([lost.error?.code, lost.messages[1]?.status], ['connection', 'running']);
  way.isOffline = false;
  held.release();
  await conversation.refresh();
  const whole = await ready(conversation);
  assert.deepEqual([texts(whole), whole.error], [['One', 'Half done'], null]);
});

test('a message whose response is lost is not sent twice by sending it again', async () => {
  const { way, client } = onTheWay();
  const conversation = show({ maxRetries: 0 }, client);
  way.losesAnswers = true;
  const before = stage.server.upstream.requests.length;
  assert.equal(await conversation.send('Once'), false);
  const lost = conversation.getSnapshot();
  assert.deepEqual(
    [lost.status, lost.error?.code, lost.messages[0]?.status],
    ['error', 'connection', 'unsent'],
  );
  way.losesAnswers = false;
  assert.equal(await conversation.retry(lost.messages[0]?.key ?? ''), true);
  const whole = await ready(conversation);
  assert.deepEqual(texts(whole), ['Once', 'Re: Once']);
  assert.equal(whole.messages[0]?.key, lost.messages[0]?.key);
  assert.equal(stage.server.upstream.requests.length - before, 1);
});
