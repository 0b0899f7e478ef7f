/** Where conversations are tried: an end user's client, through a proxy that misbehaves, on a real server. */
import { after, afterEach, before, beforeEach } from 'node:test';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { answer } from 'colloquy-testkit/upstream/scripted-upstream';
import { Colloquy } from '../../src/index.ts';
import { type Conversation, type ConversationOptions, createConversation } from '../../src/store.ts';
import { type FlakyProxy, startFlakyProxy } from '../flaky-proxy.ts';

export interface Stage {
  readonly server: TestServer;
  readonly proxy: FlakyProxy;
  /** Of the site's back end, without the proxy. */
  readonly key: Colloquy;
  /** Of `user 1`. */
  readonly token: string;
  readonly colloquy: Colloquy;
  /** A conversation that a view shows, until the test is over. */
  show(options?: ConversationOptions, client?: Colloquy): Conversation;
}

/** What it holds is there in tests and hooks. The model answers each message with `Re: ` and its text. */
export function onStage(): Stage {
  const open: Conversation[] = [];
  const stage = {
    show(options: ConversationOptions = {}, client: Colloquy = stage.colloquy) {
      const conversation = createConversation(client, options);
      conversation.subscribe(() => undefined);
      open.push(conversation);
      return conversation;
    },
  } as Stage;
  before(async () => {
    const server = await startTestServer();
    const proxy = await startFlakyProxy(() => server.url);
    const key = new Colloquy({ baseUrl: server.url, apiKey: server.prodKey });
    const { token } = await key.tokens.create({ userId: 'user 1' });
    const colloquy = new Colloquy({ baseUrl: proxy.url, token });
    Object.assign(stage, { server, proxy, key, token, colloquy });
  });
  after(async () => {
    await stage.proxy[Symbol.asyncDispose]();
    await stage.server[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    stage.proxy.requests.length = 0;
    stage.server.upstream.setDefault(({ lastUserMessage }) => answer(`Re: ${lastUserMessage}`));
  });
  afterEach(() => {
    for (const conversation of open.splice(0)) conversation.dispose();
  });
  return stage;
}
