/**
 * One conversation, a turn in each of several dialects, and a server that is killed in the middle of every stream: what
 * a client has read goes on behind its cursor, to the letter, and each turn is one answer that is paid for once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothStores } from 'colloquy-testkit/on-both-stores';
import { emptyPlace } from 'colloquy-testkit/place';
import { type RecordedRequest, textOf } from 'colloquy-testkit/upstream/scripted-upstream';
import { openDisk, readStored } from '../../faults/kit/stored-log.ts';
import {
  behind,
  promptTokens,
  Stage,
  saidBeforeCancel,
  startModel,
  type Turn,
  textIn,
  type Went,
  wordsFor,
} from './killed-turns.ts';

const beginnings: Readonly<Record<'responses' | 'completions', Omit<Turn, 'question'>>> = {
  responses: {
    view: 'responses',
    path: '/v1/responses',
    body: { input: 'One', stream: true },
    resume(read) {
      const events = read.map(({ data }) => JSON.parse(data));
      const { id } = events[0].response;
      return { path: `/v1/responses/${id}?stream=true&starting_after=${events.at(-1).sequence_number}` };
    },
  },
  completions: {
    view: 'completions',
    path: '/v1/chat/completions',
    body: { messages: [{ role: 'user', content: 'One' }], store: true, stream: true },
    // Chat completions know no cursor: a client sends its request again, with the id of the last event.
    resume: () => ({ path: '/v1/chat/completions', body: beginnings.completions.body ?? {} }),
  },
};

const whole = (question: string): string => wordsFor(question).join('');

/** The turns of a conversation, in the midst of each of which the server is killed. */
function conversationOn(stage: Stage, upstream: { readonly requests: readonly RecordedRequest[] }) {
  const org = `org_id=${stage.organizationId}`;

  async function goThrough(turn: Turn): Promise<Went> {
    const cut = await stage.cut(turn);
    assert.equal(await stage.end(cut), whole(turn.question));
    return stage.where(cut.generationId);
  }

  /** Asks in chats, and goes on behind the kill until `cancel` ends the answer. Gives the text that is left, too. */
  async function goUntilCancelled(
    question: string,
    conversationId: string,
    cancel: (generationId: string, questionId: string) => Promise<void>,
  ): Promise<Went & { readonly text: string }> {
    const sent = { chat_id: conversationId, role: 'Human', message: question };
    const { id: questionId } = await stage.call('/conversations/create', { body: sent });
    const path = `/conversations/inference/${questionId}`;
    const cut = await stage.cut({ view: 'chats', question, path, resume: () => ({ path }) });
    const asked = upstream.requests.at(-1) ?? assert.fail();
    const stored = textOf(asked.body?.messages?.at(-1)?.content);
    const text = stored + behind(whole(question), stored).slice(0, saidBeforeCancel).join('');
    for (const { view, before, rest } of cut.cuts)
      assert.ok(await rest.until(() => textIn(view, [...before, ...rest.frames]) === text), view);
    const went = await stage.where(cut.generationId);
    assert.equal(went.questionId, questionId);
    await cancel(cut.generationId, questionId);
    assert.equal(await asked.closed, 'aborted');
    for (const { view, rest } of cut.cuts) {
      await rest.closed;
      const { data = '{}' } = rest.frames.at(-1) ?? {};
      assert.equal(JSON.parse(data).finish_reason, 'cancelled', `${view}: ${data}`);
    }
    assert.equal(await stage.end(cut), text);
    return { ...went, text };
  }

  return {
    org,
    /** Continues in the dialect conversation. */
    continue: (chat_session_id: string, question: string) =>
      goThrough({
        view: 'conversation',
        question,
        path: `/api/conversation/stream_chat?${org}`,
        body: { chat_session_id, message: question },
        resume: ([first]) => ({ path: `/api/generations/${first?.id.split(':')[0]}/stream` }),
      }),
    /** Edits a question in ui. */
    edit: (conversationId: string, messageId: string, question: string) =>
      goThrough({
        view: 'ui',
        question,
        path: '/api/ui/chat',
        body: {
          id: conversationId,
          messages: [{ id: messageId, role: 'user', parts: [{ type: 'text', text: question }] }],
          trigger: 'submit-message',
          messageId,
        },
        resume: () => ({ path: `/api/ui/chat/${conversationId}/stream` }),
      }),
    goThrough,
    goUntilCancelled,
  };
}

onBothStores('a conversation through many dialects and kills', (engine) => {
  for (const [name, beginning] of Object.entries(beginnings)) {
    test(`begun by ${name}`, async () => {
      await using model = await startModel(new Set(['Four', 'Five']));
      const { upstream } = model;
      const place = await emptyPlace(engine);
      await using stage = await Stage.start(place, model);
      const { org, ...going } = conversationOn(stage, upstream);

      const first = await going.goThrough({ ...beginning, question: 'One' });
      const { conversationId, sessionId } = first;
      const second = await going.continue(sessionId, 'Two');
      const third = await going.edit(conversationId, second.questionId, 'Three');
      const fourth = await going.goUntilCancelled('Four', conversationId, async (generationId) => {
        const { status } = await stage.call(`/api/generations/${generationId}/cancel`, { method: 'POST' });
        assert.equal(status, 'cancelled');
      });
      // Who deletes the question in chats cancels its answer first.
      const fifth = await going.goUntilCancelled(
        'Five',
        conversationId,
        async (_generationId, questionId) => {
          const path = `/conversations/delete/${questionId}`;
          assert.equal((await stage.call(path, { method: 'DELETE' })).message, 'Five');
        },
      );
      // Killed right behind the answer: what was said to be cancelled was stored before.
      await stage.kill();
      await stage.restart();

      const went = [first, second, third, fourth, fifth];
      assert.deepEqual(new Set(went.map((one) => `${one.conversationId} ${one.sessionId}`)).size, 1);
      const texts = [whole('One'), whole('Two'), whole('Three'), fourth.text, fifth.text];
      const dialects = [name, 'conversation', 'ui', 'chats', 'chats'];
      for (const [index, { generationId }] of went.entries()) {
        const { status, dialect, error } = await stage.call(`/api/generations/${generationId}`);
        assert.deepEqual([status, dialect, error], [index < 3 ? 'done' : 'cancelled', dialects[index], null]);
        const shown = await stage.open({ path: `/api/generations/${generationId}/stream?dialect=events` });
        assert.equal(await shown.closed, 'ended');
        assert.equal(textIn('events', shown.frames), texts[index]);
      }

      // Every dialect shows the same messages; those that follow a branch show the edited question alone.
      const listed = ['One', texts[0], 'Two', texts[1], 'Three', texts[2], 'Four', texts[3], texts[4]];
      const current = listed.filter((text) => text !== 'Two' && text !== texts[1]);
      const messages = await stage.call(
        `/api/conversation/messages?${org}&conversation_id=${conversationId}`,
      );
      assert.deepEqual(messages.messages.map(contentOf), listed);
      const inChats = await stage.call(`/conversations/?chat_id=${conversationId}`);
      assert.deepEqual(inChats.map(contentOf), listed);
      const items = await stage.call(`/v1/conversations/${conversationId}/items?order=asc`);
      assert.deepEqual(items.data.map(contentOf), listed);
      const thread = await stage.call(`/api/conversation/thread?${org}&session_id=${sessionId}`);
      assert.deepEqual(thread.messages.map(contentOf), current);
      assert.deepEqual(thread.siblings, { [third.questionId]: [second.questionId, third.questionId] });
      assert.equal(thread.running, null);
      const inUi: UiShown[] = await stage.call(`/api/ui/chat/${conversationId}`);
      assert.deepEqual(inUi.map(textOfUi), current);

      // The model was asked twice for a turn, each time with the branch before it, the second time to go on.
      const asked = upstream.requests.map(({ body }) =>
        (body?.messages ?? []).filter(({ role }) => role !== 'system').map(({ content }) => textOf(content)),
      );
      assert.equal(asked.length, 2 * went.length);
      const before = [[], current.slice(0, 2), current.slice(0, 2), current.slice(0, 4), current.slice(0, 6)];
      for (const [index, question] of ['One', 'Two', 'Three', 'Four', 'Five'].entries()) {
        const prompt = [...(before[index] ?? []), question];
        assert.deepEqual(asked[2 * index], prompt);
        const again = asked[2 * index + 1] ?? [];
        assert.deepEqual(again.slice(0, -1), prompt);
        assert.ok(texts[index]?.startsWith(again.at(-1) ?? '?'));
      }
      const usage = await stage.usage();
      assert.equal(usage.requests.total, went.length);

      await stage.kill();
      await using disk = await openDisk(place);
      assert.deepEqual((await readStored(disk, engine === 'sqlite')).violations, []);
      // A turn is one request; the call that was cut off and the one that went on are paid for, each of them once.
      const paid = await disk.all(
        `select generation_id, count(*) as calls, sum(is_request) as requests,
           sum(prompt_tokens + completion_tokens) as tokens, sum(cost) as cost
         from model_call group by generation_id order by generation_id`,
      );
      assert.deepEqual(
        paid.map((row) => [row.generation_id, Number(row.calls), Number(row.requests)]),
        went.map(({ generationId }) => [generationId, 2, 1]),
      );
      const sum = (column: string): number => paid.reduce((all, row) => all + Number(row[column]), 0);
      assert.equal(usage.total_tokens.total, sum('tokens'));
      assert.equal(usage.cost.total.toFixed(6), sum('cost').toFixed(6));
      const reported = await disk.all(
        `select prompt_tokens, count(*) as calls from model_call where provenance = 'reported' group by prompt_tokens`,
      );
      assert.deepEqual(
        reported.map((row) => [Number(row.prompt_tokens), Number(row.calls)]),
        [[promptTokens, 3]],
      );
    });
  }
});

interface Shown {
  readonly message?: string;
  readonly content?: string | readonly { readonly text: string }[];
}

interface UiShown {
  readonly parts: readonly { readonly type: string; readonly text?: string }[];
}

const contentOf = ({ message, content }: Shown): string => message ?? textOf(content);

const textOfUi = ({ parts }: UiShown): string =>
  parts.map(({ type, text }) => (type === 'text' ? text : '')).join('');
