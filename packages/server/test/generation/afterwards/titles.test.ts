/** Titles that the model gives new conversations in the background. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { answer, gate, refuse } from 'colloquy-testkit/upstream/scripted-upstream';
import { type AskedTitle, isTitleComplete, titleOf } from '../../../src/generation/afterwards/title-text.ts';
import { type EngineHarness, startEngineHarness } from '../engines.ts';

async function conversationOf(harness: EngineHarness, id: string) {
  const { reads } = harness.place.store;
  return await reads
    .selectFrom('conversation')
    .select(['title', 'title_source'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
}

async function titleCalls(harness: EngineHarness) {
  const { reads } = harness.place.store;
  return await reads.selectFrom('model_call').selectAll().where('purpose', '=', 'title').execute();
}

onBothStores('titles', (storeEngine) => {
  test('after the first answer, once, and accounted', async () => {
    await using harness = await startEngineHarness(storeEngine);
    const engine = await harness.start(undefined, { titles: true });
    harness.upstream.enqueue(
      answer('Sie speichern Vektoren.'),
      answer('Title: "Wie Vektordatenbanken arbeiten."\nMehr'),
    );
    const turn = harness.turn({ text: 'Erkläre mir bitte ausführlich, wie Vektordatenbanken arbeiten' });
    const { conversationId, sessionId, generationId } = await engine.accept(turn);
    await engine.answer(generationId);
    await engine.titlesWritten();
    assert.deepEqual(
      { ...(await conversationOf(harness, conversationId)) },
      {
        title: 'Wie Vektordatenbanken arbeiten',
        title_source: 'generated',
      },
    );
    const asked = JSON.stringify(harness.upstream.requests[1]?.body);
    assert.match(asked, /at most 8 words/);
    assert.match(asked, /Sie speichern Vektoren/);
    const [call, ...more] = await titleCalls(harness);
    assert.equal(more.length, 0);
    assert.equal(call?.generation_id, null);
    assert.ok((call?.completion_tokens ?? 0) > 0 && (call?.cost ?? 0) > 0);
    const second = await engine.accept(harness.turn({ kind: 'session', sessionId, text: 'Und weiter?' }));
    await engine.answer(second.generationId);
    await engine.titlesWritten();
    assert.equal(harness.upstream.requests.length, 3);
  });

  test('a title that somebody gave meanwhile stays', async () => {
    await using harness = await startEngineHarness(storeEngine);
    const engine = await harness.start(undefined, { titles: true });
    const { step, release } = gate();
    harness.upstream.enqueue(answer('Hello'), {
      steps: [
        { do: 'headers' },
        step,
        { do: 'tokens', tokens: ['Too late'] },
        { do: 'finish' },
        { do: 'end' },
      ],
    });
    const { conversationId, generationId } = await engine.accept(harness.turn({ text: 'Hi there' }));
    await engine.answer(generationId);
    await harness.upstream.request(1);
    const automatic = await conversationOf(harness, conversationId);
    assert.deepEqual([automatic.title, automatic.title_source], ['Hi there', 'automatic']);
    await harness.place.store.execute('updateConversation', {
      scope: harness.scope,
      id: conversationId,
      changes: { title: 'Mine' },
      now: Date.now(),
    });
    release();
    await engine.titlesWritten();
    const { title, title_source } = await conversationOf(harness, conversationId);
    assert.deepEqual([title, title_source], ['Mine', 'user']);
    assert.equal((await titleCalls(harness)).length, 1, 'the tokens were spent');
  });

  test('a failure leaves the first words, and nothing else notices', async () => {
    await using harness = await startEngineHarness(storeEngine);
    const engine = await harness.start(undefined, { titles: true });
    for (const script of [refuse(500), answer('"…"'), answer('')]) {
      harness.upstream.enqueue(answer('Fine'), script);
      const { conversationId, generationId } = await engine.accept(harness.turn({ text: 'Some words' }));
      await engine.answer(generationId);
      await engine.titlesWritten();
      const { title, title_source } = await conversationOf(harness, conversationId);
      assert.deepEqual([title, title_source], ['Some words', 'automatic']);
    }
    assert.deepEqual(harness.warnings, []);
  });

  test('a conversation that was made with its title keeps it; an answer that failed gives none', async () => {
    await using harness = await startEngineHarness(storeEngine);
    const engine = await harness.start(undefined, { titles: true });
    const { store } = harness.place;
    const { scope, modelId } = harness;
    const now = Date.now();
    const [id, sessionId] = ['019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01', '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f02'];
    await store.execute('createConversation', { scope, id, title: 'Given', isArchived: false, now });
    await store.execute('createSession', {
      scope,
      id: sessionId,
      conversationId: id,
      modelId,
      persona: null,
      now,
    });
    const accepted = await engine.accept(harness.turn({ kind: 'session', sessionId, text: 'Hello' }));
    await engine.answer(accepted.generationId);
    harness.upstream.enqueue(refuse(500));
    const failing = await engine.accept(harness.turn({ text: 'Fails' }));
    await engine.answer(failing.generationId);
    await engine.titlesWritten();
    const { title, title_source } = await conversationOf(harness, id);
    assert.deepEqual([title, title_source], ['Given', 'user']);
    assert.equal(harness.upstream.requests.length, 2);
  });

  test('closing breaks it off', async () => {
    await using harness = await startEngineHarness(storeEngine);
    const engine = await harness.start(undefined, { titles: true });
    harness.upstream.enqueue(answer('Fine'), { steps: [{ do: 'headers' }, { do: 'stall' }] });
    const { generationId } = await engine.accept(harness.turn({ text: 'Hello' }));
    await engine.answer(generationId);
    const request = await harness.upstream.request(1);
    await engine[Symbol.asyncDispose]();
    assert.equal(await request.closed, 'aborted');
  });
});

test('what becomes a title of a reply', () => {
  for (const [reply, title] of [
    ['Vector databases', 'Vector databases'],
    ['"Vector databases."', 'Vector databases'],
    ['**Title: Vector databases**', 'Vector databases'],
    ['\n\n# Vector   databases\nmore', 'Vector databases'],
    ['«Les bases de données»', 'Les bases de données'],
    ['one two three four five six seven eight nine ten', 'one two three four five six seven eight'],
    ['東京について。', '東京について'],
    ['あ'.repeat(300), 'あ'.repeat(80)],
    ["What's C++?", "What's C++?"],
    ['', undefined],
    ['"…"', undefined],
    ['\n \n', undefined],
    // Around it stands more.
    ['Sure! Here is a title for this conversation:\n\n**Vector databases**', 'Vector databases'],
    ["Here's a title: Vector databases", 'Vector databases'],
    ['The title of this conversation is: "Vector databases"', 'Vector databases'],
    ['Titel: Vektoren', 'Vektoren'],
    ['タイトル：東京の天気', '東京の天気'],
    ['```\nVector databases\n```', 'Vector databases'],
    ['- Vector databases\n- Databases of vectors', 'Vector databases'],
    ['1. Vector databases\n2. Databases', 'Vector databases'],
    ['{"title": "Vector databases"}', 'Vector databases'],
    ['```json\n{\n  "title": "Vector databases"\n}\n```', 'Vector databases'],
    ['["Vector databases"]', 'Vector databases'],
    ['<title>Vector databases</title>', 'Vector databases'],
    ['Vector databases<|im_end|>\n<|im_start|>user', 'Vector databases'],
    ['Vector databases. I hope this helps you!', 'Vector databases'],
    ['ベクトルデータベース。お役に立てば幸いです。', 'ベクトルデータベース'],
    ['שלום עולם.', 'שלום עולם'],
    ['\u202eالذكاء الاصطناعي\u202c۔', 'الذكاء الاصطناعي'],
    // Quotation marks that hold only a part of it.
    ['"Hamlet" explained', '"Hamlet" explained'],
    ['《红楼梦》读后感', '《红楼梦》读后感'],
    ['《红楼梦》', '红楼梦'],
    ["The boys' club", "The boys' club"],
    ['Dr. Smith and the U.S. Army', 'Dr. Smith and the U.S. Army'],
    ['Title IX explained', 'Title IX explained'],
    ['Sorry seems to be the hardest word', 'Sorry seems to be the hardest word'],
    ['OpenAI: which model?', 'OpenAI: which model?'],
    // It is none.
    ['Okay, so the user wants a title.\nVectors', undefined],
    ['The user is asking about vectors', undefined],
    ['To bake bread, you need to combine flour, water, salt and a starter.', undefined],
    [
      'To bake bread, you need flour and water. It is actually easy.',
      'To bake bread, you need flour and water',
    ],
    ['The sea is wide and blue, its waves are dancing too.', undefined],
    [
      'パンを焼くには、小麦粉と水と塩とスターターを混ぜて、生地を発酵させてから、とても熱いオーブンで焼きます。',
      undefined,
    ],
    ['We need to write a title', undefined],
    ['OK Computer by Radiohead', 'OK Computer by Radiohead'],
    ["Let's Encrypt certificates", "Let's Encrypt certificates"],
    ['First aid for dogs', 'First aid for dogs'],
    ['The user interface of Figma', 'The user interface of Figma'],
    ['<think>', undefined],
    ['<think>The user wants a title\nVector databases', undefined],
    ['</think>', undefined],
    ['◁think▷ hm', undefined],
    ['<|channel|>analysis<|message|>We need a title', undefined],
    ['***', undefined],
    ['🎉🎉', undefined],
    ['Title', undefined],
    ['User', undefined],
    ['The conversation', undefined],
    ['New conversation', undefined],
    ['{"reply": 5}', undefined],
    ['{"title": ""}', undefined],
    ["I'm sorry, but I can't help with that.", undefined],
    ['I apologize for the confusion.', undefined],
    ['As an AI language model, I have no opinion', undefined],
    ['Es tut mir leid, das kann ich nicht.', undefined],
    ['Je suis désolé, mais', undefined],
    ['Lo siento, no puedo', undefined],
    ['К сожалению, я не могу', undefined],
    ['申し訳ありませんが', undefined],
    ['很抱歉，我无法', undefined],
    [
      'Vector databases keep numbers that stand for texts and pictures so that one finds those that mean the same',
      undefined,
    ],
  ] as const) {
    assert.equal(titleOf(reply), title, JSON.stringify(reply));
  }
});

test('a label is taken away, and a script of the conversation is no title', () => {
  const asked = { ownWords: '', spoken: [], maxWords: 8 };
  for (const label of ['Topic', 'Subject', 'Thema', 'Sujet', '主题', '**Title'])
    assert.equal(titleOf(`${label}: Sea Haiku`, asked), 'Sea Haiku', label);
  for (const reply of ['User: Write a haiku', 'Assistant: Waves crash', '**Human:** More', 'user：你好'])
    assert.equal(titleOf(reply, asked), undefined, reply);
  assert.equal(titleOf('AI: Past and Future', asked), 'AI: Past and Future');
});

test('a title is cut between what readers see as characters', () => {
  const family = '👨‍👩‍👧‍👦';
  const long = titleOf(`Xy${family.repeat(60)}`);
  assert.equal(long, `Xy${family.repeat(11)}`);
  assert.equal(titleOf(`x${'é'.normalize('NFD').repeat(100)}`), `x${'é'.normalize('NFD').repeat(39)}`);
  const flags = titleOf(`Flags ${'🇫🇷'.repeat(60)}`) ?? '';
  assert.equal(flags, `Flags ${'🇫🇷'.repeat(37)}`);
});

test('a title is neither the words of the request nor in another writing system', () => {
  const own = 'You write titles for conversations. The title of this conversation:';
  const said = (...texts: string[]): AskedTitle => ({
    ownWords: own,
    spoken: texts.map((text) => ({ role: 'user', text })),
    maxWords: 8,
  });
  const russian = said('Как работает векторная база данных?', 'Она хранит векторы в PostgreSQL.');
  for (const [reply, asked, title] of [
    ['You write titles', said('Hello'), undefined],
    ['"The title of this conversation"', said('Hello'), undefined],
    ['Titles for films', said('Hello'), 'Titles for films'],
    ['Well, you write titles for conversations, and I am ready', said('Hello'), undefined],
    ['Vector databases explained', russian, undefined],
    ['PostgreSQL', russian, 'PostgreSQL'],
    ['Векторные базы данных', russian, 'Векторные базы данных'],
    ['向量数据库', said('What is a vector database?'), undefined],
    ['ベクトル検索', said('向量数据库是什么'), 'ベクトル検索'],
    ['こんにちは', said('Translate "hello" to Japanese', 'こんにちは'), 'こんにちは'],
    ['2 + 2', said('2 + 2?'), '2 + 2'],
  ] as const) {
    assert.equal(titleOf(reply, asked), title, reply);
  }
});

test('a title is complete behind its line, but not while a model thinks aloud', () => {
  assert.ok(!isTitleComplete('Vector databases'));
  assert.ok(isTitleComplete('Vector databases\n'));
  assert.ok(!isTitleComplete('Here is a title:\n\n'));
  assert.ok(isTitleComplete('Here is a title:\n\nVector databases\n'));
  assert.ok(isTitleComplete('blah '.repeat(300)));
  assert.ok(!isTitleComplete(`Okay, the user asks about vectors.\n${'Hm. '.repeat(500)}\n`));
});

test('a reply of any length is looked at in no time', () => {
  for (const piece of ['*', '"', '.', ' ', '<', '[', '#', 'a ', 'title ', '<|', '\n', '¡', 'x.']) {
    titleOf(piece.repeat(2_000_000));
    isTitleComplete(piece.repeat(999));
  }
});
