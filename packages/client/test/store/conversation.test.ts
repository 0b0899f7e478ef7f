/** A conversation as a store, on a real server: what views see of it, and what they don't have to paint again. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { answer as scripted } from 'colloquy-testkit/upstream/scripted-upstream';
import { type ConversationSnapshot, createConversation } from '../../src/store.ts';
import { holding, ready, texts, until } from '../shown.ts';
import { onStage } from './stage.ts';

const stage = onStage();
const { show } = stage;

describe('a conversation', () => {
  test('begins with a message, goes on, and is there again when it is opened', async () => {
    const conversation = show();
    assert.deepEqual(conversation.getSnapshot(), {
      session: undefined,
      messages: [],
      queue: [],
      status: 'ready',
      error: null,
      running: null,
      isLoading: false,
      hasEarlier: false,
      isLoadingEarlier: false,
      hasLater: false,
      isLoadingLater: false,
    });
    const sent = conversation.send('One');
    const first = conversation.getSnapshot();
    assert.deepEqual(
      [first.status, texts(first), first.messages.map(({ status }) => status)],
      ['sending', ['One', ''], ['sending', 'sending']],
    );
    assert.equal(await sent, true);
    const answered = await ready(conversation);
    assert.deepEqual(texts(answered), ['One', 'Re: One']);
    const [question, answer] = answered.messages;
    assert.equal(answer?.replyTo, question?.id);
    assert.deepEqual(
      [answer?.status, answer?.finishReason, answer?.usage?.provenance, answer?.modelName],
      ['done', 'stop', 'reported', 'Scripted'],
    );
    assert.equal(await conversation.send('Two'), true);
    const whole = await ready(conversation);
    assert.deepEqual(texts(whole), ['One', 'Re: One', 'Two', 'Re: Two']);
    assert.equal(whole.messages[0], question);
    assert.equal(whole.messages[1], answer);

    const again = await ready(show({ session: whole.session }));
    assert.deepEqual(texts(again), texts(whole));
    const plain = (snapshot: ConversationSnapshot) =>
      snapshot.messages.map(({ key: _, ttftMs: __, durationMs: ___, ...rest }) => ({
        ...rest,
        createdAt: '',
      }));
    assert.deepEqual(
      plain(again).map(({ ...message }) => ({ ...message, chatSessionId: undefined })),
      plain(whole).map((message) => ({ ...message, chatSessionId: undefined })),
    );
  });

  test('what is finished is the same object while the next answer is written, once a frame', async () => {
    const frames: (() => void)[] = [];
    const conversation = show({ schedule: (flush) => frames.push(flush) });
    await conversation.send('One');
    while (conversation.getSnapshot().status !== 'ready') {
      await new Promise(setImmediate);
      frames.shift()?.();
    }
    const [question, answer] = conversation.getSnapshot().messages;
    const held = holding(stage.server, Array.from({ length: 200 }, (_, n) => `w${n} `).join(''));
    await conversation.send('Two');
    let told = 0;
    conversation.subscribe(() => {
      told += 1;
    });
    while ((conversation.getSnapshot().messages[3]?.content ?? '') === '') {
      await new Promise(setImmediate);
      const before = told;
      const flushes = frames.splice(0);
      for (const flush of flushes) flush();
      assert.ok(told - before <= 1);
    }
    const during = conversation.getSnapshot();
    assert.equal(during.status, 'streaming');
    assert.deepEqual([during.messages[0], during.messages[1]], [question, answer]);
    assert.equal(during.messages[0], question);
    assert.equal(during.messages[1], answer);
    assert.equal(conversation.getSnapshot(), during);
    held.release();
  });

  test('what waits has a place, can be taken back, and is answered in order', async () => {
    const held = holding(stage.server);
    const conversation = show();
    await conversation.send('One');
    const all = await Promise.all(['Two', 'Three', 'Four'].map((text) => conversation.send(text)));
    assert.deepEqual(all, [true, true, true]);
    const waiting = await until(conversation, ({ queue }) => queue.every(({ generationId }) => generationId));
    assert.deepEqual(
      waiting.queue.map(({ content, position }) => [content, position]),
      [
        ['Two', 1],
        ['Three', 2],
        ['Four', 3],
      ],
    );
    assert.deepEqual(texts(waiting).length, 2);
    assert.equal(waiting.status, 'streaming');
    const other = show({ session: waiting.session });
    const seen = await until(other, ({ queue }) => queue.length === 3);
    assert.deepEqual(
      seen.queue.map(({ id }) => id),
      waiting.queue.map(({ id }) => id),
    );
    const three = waiting.queue[1]?.id ?? '';
    await conversation.remove(three);
    assert.deepEqual(
      conversation.getSnapshot().queue.map(({ content }) => content),
      ['Two', 'Four'],
    );
    await until(other, ({ queue }) => queue.length === 2);
    held.release();
    const whole = ['One', 'Half done', 'Two', 'Re: Two', 'Four', 'Re: Four'];
    assert.deepEqual(texts(await ready(conversation)), whole);
    assert.deepEqual(texts(await ready(other)), whole);
    assert.deepEqual(texts(await ready(show({ session: waiting.session }))), whole);
  });

  test('stop keeps what was written; interrupt ends what is under way', async () => {
    const held = holding(stage.server);
    const conversation = show();
    await conversation.send('One');
    await until(conversation, ({ messages }) => messages[1]?.content === 'Half ');
    await conversation.stop();
    const stopped = await ready(conversation);
    assert.deepEqual([stopped.messages[1]?.content, stopped.messages[1]?.status], ['Half ', 'cancelled']);
    const second = holding(stage.server);
    await conversation.send('Two');
    await until(conversation, ({ messages }) => messages[3]?.content === 'Half ');
    await conversation.send('Three', { whenBusy: 'interrupt' });
    const whole = await ready(conversation);
    assert.deepEqual(texts(whole), ['One', 'Half ', 'Two', 'Half ', 'Three', 'Re: Three']);
    assert.deepEqual(
      whole.messages.map(({ status }) => status),
      ['done', 'cancelled', 'done', 'cancelled', 'done', 'done'],
    );
    held.release();
    second.release();
  });

  test('another answer, an edit and going on make branches, between which one can change', async () => {
    const conversation = show();
    await conversation.send('One');
    await ready(conversation);
    await conversation.send('Two');
    const [, , question, answer] = (await ready(conversation)).messages;
    stage.server.upstream.enqueue(scripted('Other', { finishReason: 'length' }));
    assert.equal(await conversation.regenerate(), true);
    const again = await ready(conversation);
    assert.deepEqual(texts(again), ['One', 'Re: One', 'Two', 'Other']);
    const second = again.messages[3];
    assert.deepEqual(second?.siblings, [answer?.id, second?.id]);
    assert.equal(again.messages[2], question);

    stage.server.upstream.enqueue(scripted(' and on'));
    assert.equal(await conversation.continue(), true);
    const longer = await ready(conversation);
    assert.match(longer.messages[3]?.content ?? '', /^Other.* and on$/);
    assert.equal(longer.messages[3]?.siblings.length, 3);

    assert.equal(await conversation.edit(question?.id ?? '', 'Two, better'), true);
    const edited = await ready(conversation);
    assert.deepEqual(texts(edited), ['One', 'Re: One', 'Two, better', 'Re: Two, better']);
    assert.deepEqual(edited.messages[2]?.siblings, [question?.id, edited.messages[2]?.id]);

    await conversation.select(question?.id ?? '');
    const back = await ready(conversation);
    assert.deepEqual(texts(back), texts(longer));
    const other = show({ session: longer.session });
    assert.deepEqual(texts(await ready(other)), texts(longer));
    await conversation.select(answer?.id ?? '');
    const selected = ['One', 'Re: One', 'Two', 'Re: Two'];
    assert.deepEqual(texts(await ready(conversation)), selected);
    // So do other views, and later ones.
    await until(other, (snapshot) => texts(snapshot).join() === selected.join());
    assert.deepEqual(texts(await ready(show({ session: longer.session }))), selected);
    // What is said now goes behind what is shown.
    await conversation.send('Three');
    const whole = ['One', 'Re: One', 'Two', 'Re: Two', 'Three', 'Re: Three'];
    assert.deepEqual(texts(await ready(conversation)), whole);
    const opened = await ready(show({ session: back.session }));
    assert.deepEqual(texts(opened), whole);
    assert.deepEqual(
      opened.messages.map(({ siblings }) => siblings.length),
      [0, 0, 2, 3, 0, 0],
    );
    // A first message, too.
    await conversation.edit(opened.messages[0]?.id ?? '', 'One, better');
    assert.deepEqual(texts(await ready(conversation)), ['One, better', 'Re: One, better']);
  });

  test('the history comes in pages', async () => {
    const conversation = show({ pageSize: 4 });
    for (const text of ['1', '2', '3', '4', '5']) {
      await conversation.send(text);
      await ready(conversation);
    }
    const { session } = conversation.getSnapshot();
    const opened = show({ session, pageSize: 4 });
    const newest = await ready(opened);
    assert.deepEqual([texts(newest), newest.hasEarlier], [['4', 'Re: 4', '5', 'Re: 5'], true]);
    await opened.loadEarlier();
    await Promise.all([opened.loadEarlier(), opened.loadEarlier()]);
    const all = opened.getSnapshot();
    assert.deepEqual(texts(all), texts(conversation.getSnapshot()));
    assert.equal(all.hasEarlier, false);
    assert.equal(all.messages.at(-1), newest.messages.at(-1));
    await opened.refresh();
    assert.deepEqual(opened.getSnapshot().messages, all.messages);
    assert.equal(opened.getSnapshot().messages[0], all.messages[0]);
  });

  test('a second page sees what the first one does, and an answer that is under way when it opens', async () => {
    const held = holding(stage.server);
    const one = show();
    await one.send('One');
    await until(one, ({ messages }) => messages[1]?.content === 'Half ');
    const { session } = one.getSnapshot();
    const two = show({ session });
    await until(two, ({ status, messages }) => status === 'streaming' && messages[1]?.content === 'Half ');
    held.release();
    assert.deepEqual(texts(await ready(two)), ['One', 'Half done']);
    const next = holding(stage.server);
    await two.send('Two');
    await until(one, ({ status, messages }) => status === 'streaming' && messages[3]?.content === 'Half ');
    await one.stop();
    assert.deepEqual(texts(await ready(two)), ['One', 'Half done', 'Two', 'Half ']);
    next.release();
  });

  test('without a view the connection is left, and with one it is read on', async (t) => {
    const held = holding(stage.server);
    const conversation = createConversation(stage.colloquy);
    t.after(() => conversation.dispose());
    const leave = conversation.subscribe(() => undefined);
    await conversation.send('One');
    await until(conversation, ({ messages }) => messages[1]?.content === 'Half ');
    leave();
    while (conversation.getSnapshot().status !== 'ready') await new Promise((done) => setTimeout(done, 20));
    assert.deepEqual(texts(conversation.getSnapshot()), ['One', 'Half ']);
    held.release();
    conversation.subscribe(() => undefined);
    const whole = await until(conversation, ({ messages }) => messages[1]?.status === 'done');
    assert.deepEqual(texts(whole), ['One', 'Half done']);
  });

  test('reasoning and tool calls belong to an answer, which goes on with results', async () => {
    stage.server.upstream.enqueue({
      steps: [
        { do: 'headers' },
        { do: 'tokens', tokens: ['Let me ', 'see.'], reasoning: true },
        { do: 'tool-call', id: 'x', name: 'get_weather', arguments: '{"city":"Lisbon"}' },
        { do: 'finish', reason: 'tool_calls' },
        { do: 'end' },
      ],
    });
    const conversation = show();
    await conversation.send('Weather?');
    const asking = await ready(conversation);
    const [call] = asking.messages[1]?.toolCalls ?? [];
    assert.deepEqual([call?.name, call?.arguments], ['get_weather', '{"city":"Lisbon"}']);
    // This persona shows its reasoning to no end user.
    assert.equal(asking.messages[1]?.reasoning, null);
    const asKey = show({ session: asking.session, userId: 'user 1' }, stage.key);
    assert.equal((await ready(asKey)).messages[1]?.reasoning, 'Let me see.');
    // One that is opened later reads them from the log.
    const opened = show({ session: asking.session });
    await until(opened, ({ messages }) => messages[1]?.toolCalls.length === 1);
    assert.deepEqual(opened.getSnapshot().messages[1]?.toolCalls, [call]);
    stage.server.upstream.enqueue(scripted('It is sunny.'));
    assert.equal(await conversation.submitToolResults([{ callId: call?.id ?? '', output: '21' }]), true);
    assert.deepEqual(texts(await ready(conversation)), ['Weather?', '', 'It is sunny.']);
  });

  test('an opinion is shown at once, and taken back where the server has none of it', async () => {
    const conversation = show();
    await conversation.send('One');
    const { messages } = await ready(conversation);
    const rated = conversation.rate(messages[1]?.id ?? '', 1, { comment: 'Good' });
    assert.equal(conversation.getSnapshot().messages[1]?.rating, 1);
    await rated;
    assert.equal(conversation.getSnapshot().messages[1]?.rating, 1);
    await conversation.rate(messages[0]?.id ?? '', -1);
    assert.equal(conversation.getSnapshot().messages[0]?.rating, 0);
    assert.equal(conversation.getSnapshot().error?.code, 'invalid_request');
  });
});
