/** `useChat` as its documentation has it, on the transport that the address names. */
import { useChat } from '@ai-sdk/react';
import { DefaultChatTransport, type UIMessage } from 'ai';
import { createElement as h, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ColloquyChatTransport } from '../src/ai-sdk.ts';
import { Colloquy } from '../src/index.ts';

const { server } = window as unknown as { readonly server: string };
const query = new URLSearchParams(location.search);
const id = query.get('chat') ?? '';

async function token(): Promise<{ readonly token: string; readonly expiresAt: string }> {
  return (await fetch('/token', { method: 'POST' })).json();
}

const ours = new ColloquyChatTransport(new Colloquy({ baseUrl: server, token }));
const headers = async () => ({ authorization: `Bearer ${(await token()).token}` });
const plain = new DefaultChatTransport({ api: `${server}/api/ui/chat`, headers });
const isOurs = query.get('transport') === 'our';
const transport = isOurs ? ours : plain;

async function stop(): Promise<void> {
  if (isOurs) await ours.stop(id);
  else await fetch(`${server}/api/ui/chat/${id}/stop`, { method: 'POST', headers: await headers() });
}

const textOf = ({ parts }: UIMessage): string =>
  parts.map((part) => (part.type === 'text' ? part.text : '')).join('');

function Chat({ initial }: { readonly initial: UIMessage[] }) {
  const { messages, sendMessage, regenerate, status, error } = useChat({
    id,
    messages: initial,
    resume: true,
    transport,
  });
  const button = (name: string, onClick: () => unknown) =>
    h('button', { key: name, type: 'button', onClick }, name);
  return h(
    'main',
    null,
    h('p', { id: 'status' }, status),
    h('p', { id: 'error' }, error?.message),
    h(
      'ol',
      null,
      messages.map((message) => h('li', { key: message.id }, `${message.role}: ${textOf(message)}`)),
    ),
    button('send', () => sendMessage({ text: 'Hello' })),
    button('regenerate', () => regenerate()),
    button('stop', stop),
  );
}

const opened = await ours.open(id);
const app = h(Chat, { initial: opened });
const root = createRoot(document.querySelector('#app') as HTMLElement);
root.render(query.has('strict') ? h(StrictMode, null, app) : app);
