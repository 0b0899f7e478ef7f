/** The page: one conversation, shown as it is written. */
import { Colloquy } from '@colloquy/client';
import { createConversation } from '@colloquy/client/store';

async function token() {
  const response = await fetch('/api/chat-token', { method: 'POST' });
  const body = await response.json();
  if (!response.ok) throw new Error(body.error);
  return body;
}

// COLLOQUY_URL is put here by server.js.
const colloquy = new Colloquy({ baseUrl: COLLOQUY_URL, token });

// The session is kept, so that a reload finds the conversation again, and an answer that is under way.
const conversation = createConversation(colloquy, { session: localStorage.getItem('session') ?? undefined });

const words = {
  sending: 'Sending…',
  streaming: 'Answering…',
  queued: 'Waiting for the answer before…',
  reconnecting: 'Connection lost. Reconnecting…',
};
const [log, status, form, field, stop, again] = ['log', 'status', 'form', 'message', 'stop', 'new'].map(
  (id) => document.getElementById(id),
);
const page = document.documentElement;
/** What is shown, by the keys of the messages. */
const articles = new Map();

function articleOf({ key, role }) {
  let article = articles.get(key);
  if (article === undefined) {
    article = document.createElement('article');
    article.dataset.role = role;
    article.append(document.createElement('span'), document.createElement('small'));
    articles.set(key, article);
  }
  return article;
}

function show() {
  const { messages, queue, session, running, error, ...now } = conversation.getSnapshot();
  if (session !== undefined) localStorage.setItem('session', session);
  const isAtEnd = page.scrollHeight - page.scrollTop - page.clientHeight < 40;
  for (const message of [...messages, ...queue.map((waiting) => ({ ...waiting, role: 'user' }))]) {
    const article = articleOf(message);
    const [text, note] = article.children;
    // Text, never HTML: what a model writes is not to be trusted.
    if (text.textContent !== message.content) text.textContent = message.content;
    note.textContent = message.error?.message ?? (message.finishReason === 'cancelled' ? 'Stopped' : '');
    log.append(article);
  }
  status.textContent = now.status === 'error' ? error.message : (words[now.status] ?? '');
  stop.hidden = running === null;
  if (isAtEnd) page.scrollTop = page.scrollHeight;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  conversation.send(field.value);
  field.value = '';
});
stop.addEventListener('click', () => conversation.stop());
again.addEventListener('click', () => {
  localStorage.removeItem('session');
  location.reload();
});

conversation.subscribe(show);
show();
