/** Steps that the tests of the chats dialect share: making chats and messages, and reading the answer of a stream. */
import assert from 'node:assert/strict';
import type { Script, Step } from 'colloquy-testkit/upstream/scripted-upstream';
import type { Call, SseReading, TestApp } from '../../http-app.ts';

export interface Chats {
  /** A new chat's id. */
  chat(credential?: Call): Promise<string>;
  /** A new message's id. */
  say(chatId: string, message: string, role?: 'Human' | 'Assistant', credential?: Call): Promise<string>;
  /** A new chat with one Human message. */
  question(message?: string, credential?: Call): Promise<{ chatId: string; messageId: string }>;
  /** The roles and texts of a chat. */
  transcript(chatId: string, credential?: Call): Promise<[role: string, message: string][]>;
  /** A token of a new member. */
  member(role: 'owner' | 'admin' | 'member' | 'guest'): Promise<string>;
  /** A token of an end user. */
  user(userId: string, more?: object): Promise<string>;
}

export function chatsOf(app: TestApp): Chats {
  const own: Call = { key: app.prodKey };
  const made = async (path: string, body: object, credential: Call): Promise<string> => {
    const answer = await app.call(path, { ...credential, body });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body.id;
  };
  let members = 0;
  const chats: Chats = {
    chat: (credential = own) => made('/chats/create', { name: 'A chat' }, credential),
    say: (chat_id, message, role = 'Human', credential = own) =>
      made('/conversations/create', { chat_id, role, message }, credential),
    async question(message = 'Talk to me', credential = own) {
      const chatId = await chats.chat(credential);
      return { chatId, messageId: await chats.say(chatId, message, 'Human', credential) };
    },
    async transcript(chatId, credential = own) {
      const { body } = await app.call(`/conversations/?chat_id=${chatId}`, credential);
      return body.map((one: { role: string; message: string }) => [one.role, one.message]);
    },
    async member(role) {
      const path = `/organizations/${app.harness.scope.organizationId}/members`;
      members += 1;
      const member = await app.admin('POST', path, {
        name: role,
        email: `${role}${members}@a.example`,
        role,
      });
      assert.equal(member.status, 201, JSON.stringify(member.body));
      const issued = await app.admin('POST', `${path}/${member.body.id}/token`, {});
      return issued.body.token ?? assert.fail(JSON.stringify(issued.body));
    },
    async user(user_id, more = {}) {
      const { body } = await app.call('/api/chat/get_token', { ...own, body: { user_id, ...more } });
      return body.token ?? assert.fail(JSON.stringify(body));
    },
  };
  return chats;
}

/** The answer that a stream carries: the data of its unnamed events, joined. */
export function textOf({ events }: SseReading): string {
  return events
    .filter(({ event }) => event === 'message')
    .map(({ data }) => data)
    .join('');
}

/** The named events of a stream, with their data. */
// biome-ignore lint/suspicious/noExplicitAny: tests read the fields of events.
export function namedOf({ events }: SseReading): [name: string, data: any][] {
  return events
    .filter(({ event }) => event !== 'message')
    .map(({ event, data }) => [event, JSON.parse(data)]);
}

/** A script that says some tokens, waits, and says the rest. */
export function inTwo(first: readonly string[], between: Step, rest: readonly string[] = []): Script {
  return {
    steps: [
      { do: 'headers' },
      { do: 'tokens', tokens: first },
      between,
      { do: 'tokens', tokens: rest },
      { do: 'finish' },
      { do: 'end' },
    ],
  };
}
