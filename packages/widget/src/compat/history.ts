/** `onLoadMessages` and `onSaveMessages` of ConverZen's widget, called as it calls them. */
import { type Past, pastOf } from '../chat/past.ts';
import type { ColloquyChatEvents } from '../events.ts';
import type { ConverzenConfig, TheirMessage } from './config.ts';

/** So long the page's own history may take before the chat begins without it. */
const maxLoadMs = 5_000;

/**
 * Tells the page's `onSaveMessages` of what is said: with all messages, when an answer is over, and with none when another
 * conversation begins.
 * @returns what loads the page's history; undefined: it has none
 */
export function keepMessages(
  element: HTMLElement,
  { onSaveMessages, onLoadMessages }: ConverzenConfig,
): (() => Promise<Past>) | undefined {
  let messages: readonly TheirMessage[] = [];
  const add = (message: Omit<TheirMessage, 'createdAt'>): void => {
    messages = [...messages, { ...message, createdAt: new Date().toISOString() }];
  };
  if (typeof onSaveMessages === 'function') {
    const save = async (session: string): Promise<void> => {
      try {
        await onSaveMessages(session, messages);
      } catch (error) {
        console.error('colloquy-chat (data-compat="converzen"): onSaveMessages has failed:', error);
      }
    };
    listen(element, 'colloquy:message', ({ text }) => add({ role: 'USER', content: text }));
    listen(element, 'colloquy:answer', ({ text, session, sources }) => {
      if (text !== '')
        add({ role: 'ASSISTANT', content: text, ...(sources.length > 0 && { sources: [...sources] }) });
      void save(session ?? '');
    });
    listen(element, 'colloquy:new', () => {
      messages = [];
      void save('');
    });
  }
  if (typeof onLoadMessages !== 'function') return undefined;
  let loaded: Promise<Past> | undefined;
  const load = async (): Promise<Past> => {
    try {
      const past = pastOf(await inTime(onLoadMessages()));
      messages = [...past.messages.map(theirs), ...messages];
      return past;
    } catch (error) {
      console.error('colloquy-chat (data-compat="converzen"): onLoadMessages has failed:', error);
      return { session: undefined, messages: [] };
    }
  };
  return () => {
    loaded ??= load();
    return loaded;
  };
}

const theirs = ({ role, content, createdAt }: Past['messages'][number]): TheirMessage => ({
  role: role === 'user' ? 'USER' : 'ASSISTANT',
  content,
  createdAt: createdAt ?? new Date().toISOString(),
});

function listen<Name extends keyof ColloquyChatEvents>(
  element: HTMLElement,
  name: Name,
  take: (detail: ColloquyChatEvents[Name]) => void,
): void {
  element.addEventListener(name, (event) => take((event as CustomEvent<ColloquyChatEvents[Name]>).detail));
}

async function inTime(given: unknown): Promise<unknown> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came for ${maxLoadMs} ms`)), maxLoadMs);
  });
  try {
    return await Promise.race([given, late]);
  } finally {
    clearTimeout(timer);
  }
}
