/** The hooks where there is no page: what a server renders. `hooks.slow.test.ts` runs them in a browser. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestServer, type TestServer } from 'colloquy-testkit/server';
import { createElement, type FunctionComponent } from 'react';
import { renderToString } from 'react-dom/server';
import { Colloquy, type MessagePage } from '../../src/index.ts';
import { ColloquyProvider, useColloquy, useConversation, useMessage } from '../../src/react.ts';

let server: TestServer;
let colloquy: Colloquy;
before(async () => {
  server = await startTestServer();
  const key = new Colloquy({ baseUrl: server.url, apiKey: server.prodKey });
  const { token } = await key.tokens.create({ userId: 'ann' });
  colloquy = new Colloquy({ baseUrl: server.url, token });
});
after(() => server[Symbol.asyncDispose]());

const Line: FunctionComponent<{ readonly id: string }> = ({ id }) =>
  createElement('li', null, useMessage(id)?.content);
const Chat: FunctionComponent<{ readonly session?: string; readonly initial?: MessagePage }> = (props) => {
  const { messages, status, isLoading } = useConversation(props);
  return createElement(
    'ol',
    { 'data-status': status, 'data-loading': isLoading },
    messages.map(({ key, id }) => createElement(Line, { key, id })),
  );
};
const page = (props: Parameters<typeof Chat>[0]): string =>
  renderToString(createElement(ColloquyProvider, { client: colloquy }, createElement(Chat, props)));

test('a server renders the history that it has read, and asks for nothing', async () => {
  server.upstream.setDefault(() => ({
    steps: [{ do: 'headers' }, { do: 'tokens', tokens: ['Sunny <b>'] }, { do: 'finish' }, { do: 'end' }],
  }));
  const { sessionId } = await colloquy.send('How is it?');
  const initial = await colloquy.conversations.messages(sessionId);
  // As it is sent to the page.
  const sent = JSON.parse(JSON.stringify(initial)) as MessagePage;
  assert.equal(
    page({ session: sessionId, initial: sent }),
    '<ol data-status="ready" data-loading="false"><li>How is it?</li><li>Sunny &lt;b&gt;</li></ol>',
  );
  assert.equal(page({ session: sessionId }), '<ol data-status="ready" data-loading="true"></ol>');
  assert.equal(page({}), '<ol data-status="ready" data-loading="false"></ol>');
});

test('without a provider the hooks say what is missing', () => {
  const Lost: FunctionComponent = () => createElement('p', null, useColloquy().baseUrl);
  assert.throws(() => renderToString(createElement(Lost)), /ColloquyProvider/);
  const found = renderToString(createElement(ColloquyProvider, { client: colloquy }, createElement(Lost)));
  assert.equal(found, `<p>${server.url}</p>`);
});
