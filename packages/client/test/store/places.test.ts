/** Going to a place in a long conversation: its beginning, a message, a time; and what is said from there. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import type { ConversationSnapshot } from '../../src/store.ts';
import { holding, ready, texts, until } from '../shown.ts';
import { onStage } from './stage.ts';

const stage = onStage();
const { show } = stage;
const turns = 12;
const pageSize = 4;
const everything = Array.from({ length: turns }, (_, turn) => [`M${turn}`, `Re: M${turn}`]).flat();

describe('a place in a conversation', () => {
  let session = '';
  let whole: ConversationSnapshot;

  async function begin(): Promise<string> {
    const conversation = show();
    for (let turn = 0; turn < turns; turn += 1) {
      assert.equal(await conversation.send(`M${turn}`), true);
      await ready(conversation);
    }
    const { session: begun } = conversation.getSnapshot();
    conversation.dispose();
    return begun ?? '';
  }
  const idOf = (text: string) => whole.messages.find(({ content }) => content === text)?.id ?? '';

  before(async () => {
    stage.server.upstream.setDefault(({ lastUserMessage }) => answer(`Re: ${lastUserMessage}`));
    session = await begin();
    whole = await ready(show({ session, pageSize: 200 }));
    assert.deepEqual(texts(whole), everything);
  });

  test('the beginning is shown, then page after page to the end', async () => {
    const conversation = show({ session, pageSize });
    assert.deepEqual(texts(await ready(conversation)), everything.slice(-4));
    assert.equal(await conversation.goTo({ at: '1970-01-01T00:00:00Z' }), idOf('M0'));
    const first = conversation.getSnapshot();
    assert.deepEqual(texts(first), everything.slice(0, 4));
    assert.deepEqual([first.hasEarlier, first.hasLater], [false, true]);
    let count = 4;
    while (conversation.getSnapshot().hasLater) {
      await conversation.loadLater();
      count += 4;
      assert.deepEqual(texts(conversation.getSnapshot()), everything.slice(0, count));
    }
    assert.equal(count, everything.length);
    assert.equal(conversation.getSnapshot().hasEarlier, false);
    await conversation.loadLater();
    assert.deepEqual(texts(conversation.getSnapshot()), everything);
  });

  test('it opens at a message, from which pages are read in both directions', async () => {
    const conversation = show({ session, pageSize, start: { message: idOf('M5') } });
    const opened = await ready(conversation);
    assert.deepEqual(texts(opened), ['M4', 'Re: M4', 'M5', 'Re: M5']);
    assert.deepEqual([opened.hasEarlier, opened.hasLater], [true, true]);
    await conversation.loadEarlier();
    await conversation.loadLater();
    assert.deepEqual(texts(conversation.getSnapshot()), everything.slice(4, 16));
    // A message that is shown already is gone to without asking.
    const asked = stage.proxy.requests.length;
    assert.equal(await conversation.goTo({ message: idOf('M7') }), idOf('M7'));
    assert.equal(stage.proxy.requests.length, asked);
    await conversation.refresh();
    assert.deepEqual(
      texts(conversation.getSnapshot()),
      everything.slice(4, 16),
      'reading anew moves nothing',
    );
    await conversation.goToEnd();
    const end = conversation.getSnapshot();
    assert.deepEqual([texts(end), end.hasLater], [everything.slice(-4), false]);
  });

  test('a time leads to the first message from then on, and one behind all to the last', async () => {
    const conversation = show({ session, pageSize });
    await ready(conversation);
    const { createdAt } = whole.messages.find(({ content }) => content === 'M3') ?? assert.fail('no M3');
    assert.equal(await conversation.goTo({ at: createdAt }), idOf('M3'));
    assert.equal(await conversation.goTo({ at: '2100-01-01T00:00:00Z' }), idOf('Re: M11'));
    assert.equal(conversation.getSnapshot().hasLater, false);
  });

  test('what is no message of it leaves what is shown, and says so; opened there, its end is shown', async () => {
    const conversation = show({ session, pageSize });
    const shown = texts(await ready(conversation));
    const strange = '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01';
    assert.equal(await conversation.goTo({ message: strange }), undefined);
    const after = conversation.getSnapshot();
    assert.deepEqual([texts(after), after.error?.status, after.isLoading], [shown, 400, false]);
    const opened = show({ session, pageSize, start: { message: strange } });
    const end = await ready(opened);
    assert.deepEqual([texts(end), end.error], [shown, null]);
  });

  test('what is said from the middle goes to the end, which is shown then', async () => {
    const own = await begin();
    const conversation = show({ session: own, pageSize });
    await ready(conversation);
    await conversation.goTo({ at: '1970-01-01T00:00:00Z' });
    const said = [conversation.send('One more'), conversation.send('And one')];
    assert.deepEqual(await Promise.all(said), [true, true]);
    const answered = await until(
      conversation,
      (now) => now.status === 'ready' && now.messages.at(-1)?.content === 'Re: And one',
    );
    assert.equal(answered.hasLater, false);
    const again = await ready(show({ session: own, pageSize: 200 }));
    assert.deepEqual(texts(again), [...everything, 'One more', 'Re: One more', 'And one', 'Re: And one']);
  });

  test('what runs at the end is not mixed into the middle, and is there at the end', async () => {
    const own = await begin();
    const conversation = show({ session: own, pageSize });
    await ready(conversation);
    const held = holding(stage.server);
    await conversation.send('Slow');
    await until(conversation, ({ messages }) => messages.at(-1)?.content === 'Half ');
    assert.equal(typeof (await conversation.goTo({ at: '1970-01-01T00:00:00Z' })), 'string');
    assert.deepEqual(texts(conversation.getSnapshot()), everything.slice(0, 4));
    held.release();
    await until(conversation, ({ status }) => status === 'ready');
    assert.deepEqual(texts(conversation.getSnapshot()), everything.slice(0, 4));
    await conversation.goToEnd();
    assert.deepEqual(texts(conversation.getSnapshot()), ['M11', 'Re: M11', 'Slow', 'Half done']);
  });

  test('an edited message of the middle is a branch that ends with its answer', async () => {
    const own = await begin();
    const all = await ready(show({ session: own, pageSize: 200 }));
    const target = all.messages.find(({ content }) => content === 'M5')?.id ?? '';
    const conversation = show({ session: own, pageSize, start: { message: target } });
    await ready(conversation);
    assert.equal(await conversation.edit(target, 'M5, better'), true);
    const edited = await ready(conversation);
    assert.deepEqual([texts(edited).at(-1), edited.hasLater], ['Re: M5, better', false]);
    // The other branch is gone to by a message of it.
    assert.equal(
      await conversation.goTo({ message: all.messages.at(-1)?.id ?? '' }),
      all.messages.at(-1)?.id,
    );
    assert.deepEqual(texts(conversation.getSnapshot()), everything.slice(-4));
    assert.equal(await conversation.send('Here'), true);
    const { messages } = await ready(conversation);
    assert.equal(messages.at(-2)?.parentId, all.messages.at(-1)?.id);
  });
});

test('a message asks for the web, or for none; without a word the persona decides', async () => {
  const conversation = show();
  const bodies: unknown[] = [];
  const { fetch } = globalThis;
  globalThis.fetch = (input, init) => {
    const body = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined;
    if (body?.message !== undefined) bodies.push(body.internet);
    return fetch(input, init);
  };
  try {
    await conversation.send('One', { internet: false });
    await ready(conversation);
    await conversation.send('Two');
    const { messages } = await ready(conversation);
    await conversation.edit(messages.at(-2)?.id ?? '', 'Two!', { internet: false });
    await ready(conversation);
  } finally {
    globalThis.fetch = fetch;
  }
  assert.deepEqual(bodies, [false, undefined, false]);
});
