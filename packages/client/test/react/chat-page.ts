/** A small chat on the hooks, in StrictMode, which counts what it renders. */
import { createElement as h, memo, StrictMode, useState } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { Colloquy } from '../../src/index.ts';
import {
  ColloquyProvider,
  type Conversation,
  useConversation,
  useConversationStore,
  useConversationValue,
  useMessage,
} from '../../src/react.ts';

interface Counted {
  readonly server: string;
  /** Renders by what is rendered, and frames that were painted. */
  counts: Record<string, number>;
  frames: number;
}
const counted = window as unknown as Counted;
counted.counts = {};
counted.frames = 0;
const frame = (): void => {
  counted.frames += 1;
  requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
const count = (what: string): void => {
  counted.counts[what] = (counted.counts[what] ?? 0) + 1;
};

const query = new URLSearchParams(location.search);
const session = query.get('session') ?? undefined;
const client = new Colloquy({
  baseUrl: counted.server,
  token: async () => (await fetch('/token', { method: 'POST' })).json(),
});

const Line = memo(({ id, conversation }: { readonly id: string; readonly conversation?: Conversation }) => {
  const message = useMessage(id, conversation);
  count(`line ${message?.role} ${message?.content.slice(0, 3)}`);
  return h('li', { 'data-status': message?.status }, message?.content);
});

/** What is written renders one line; the list only when messages come and go. */
function List() {
  const conversation = useConversationStore({ session });
  const keys = useConversationValue(conversation, ({ messages }) => messages.map(({ key }) => key));
  const status = useConversationValue(conversation, (snapshot) => snapshot.status);
  count('list');
  return h(
    'section',
    null,
    h('p', { id: 'status' }, status),
    h(
      'ol',
      null,
      keys.map((key) => h(Line, { key, id: key, conversation })),
    ),
    h('button', { type: 'button', onClick: () => conversation.send('Hello') }, 'send'),
  );
}

/** Another view of the same conversation. */
function Whole() {
  const { messages, status } = useConversation({ session });
  count('whole');
  return h('pre', null, `${status}\n${messages.map(({ content }) => content).join('\n')}`);
}

function App() {
  const [isShown, setShown] = useState(true);
  return h(
    ColloquyProvider,
    { client },
    h('button', { type: 'button', onClick: () => setShown(!isShown) }, isShown ? 'hide' : 'show'),
    isShown && h(List),
    isShown && session !== undefined && h(Whole),
  );
}

const root = document.querySelector('#app') as HTMLElement;
if (query.has('hydrate') && session !== undefined) {
  const initial = await client.conversations.messages(session);
  const Page = () => {
    const { messages } = useConversation({ session, initial });
    return h(
      'ol',
      null,
      messages.map(({ key }) => h(Line, { key, id: key })),
    );
  };
  const page = h(StrictMode, null, h(ColloquyProvider, { client }, h(Page)));
  root.innerHTML = renderToString(page);
  hydrateRoot(root, page);
} else createRoot(root).render(h(StrictMode, null, h(App)));
