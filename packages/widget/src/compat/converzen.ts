/**
 * `cvzWidget.init(config)` and `hide()` of ConverZen's chat-widget, answered by this one: pages change the script and keep
 * the call. What has no counterpart is told in the browser's console, with what to do instead.
 */
import { attributesOf, type ConverzenConfig } from './config.ts';
import { iconOf } from './icon.ts';
import { type CompatGlobal, type CompatWindow, globalNames } from './waiting-calls.ts';

/** The element, as far as it is used here: its class is in the other chunk. */
interface ChatElement extends HTMLElement {
  getToken: unknown;
  setContext(context: Readonly<Record<string, unknown>>): void;
}

const clientIdKey = 'colloquy client id';

export function install(page: Window): void {
  let element: ChatElement | undefined;

  function init(given: unknown): void {
    const config = (given ?? {}) as ConverzenConfig;
    const { attributes, properties, notes } = attributesOf(config);
    for (const note of notes) console.warn(`colloquy-chat (data-compat="converzen"): ${note}`);
    element?.remove();
    element = document.createElement('colloquy-chat') as ChatElement;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    for (const [name, value] of Object.entries(properties)) element.style.setProperty(name, value);
    const { getToken } = config;
    if (typeof getToken === 'function') element.getToken = () => getToken(clientId());
    const icon = typeof config.icons?.chat === 'string' ? iconOf(config.icons.chat) : undefined;
    if (icon !== undefined) {
      icon.slot = 'launcher';
      element.append(icon);
    }
    if (config.extraContext !== undefined) element.setContext(config.extraContext);
    keepMessages(element, config);
    document.body.append(element);
  }

  const global: CompatGlobal = { init, hide: () => element?.remove() };
  const before = (page as unknown as CompatWindow)[globalNames[0]]?.waiting ?? [];
  for (const name of globalNames) (page as unknown as CompatWindow)[name] = global;
  for (const { method, config } of before) global[method](config);
}

/** Theirs is made by the page and lasts as long as the tab. */
function clientId(): string {
  try {
    const known = sessionStorage.getItem(clientIdKey) ?? crypto.randomUUID();
    sessionStorage.setItem(clientIdKey, known);
    return known;
  } catch {
    return crypto.randomUUID();
  }
}

/** `onSaveMessages` is called as before; the server has the history, so nothing has to be loaded. */
function keepMessages(element: HTMLElement, { onSaveMessages }: ConverzenConfig): void {
  if (typeof onSaveMessages !== 'function') return;
  const messages: { readonly role: string; readonly content: string }[] = [];
  const add = (role: string) => (event: Event) => {
    messages.push({ role, content: (event as CustomEvent<{ readonly text: string }>).detail.text });
    onSaveMessages(clientId(), [...messages]);
  };
  element.addEventListener('colloquy:message', add('user'));
  element.addEventListener('colloquy:answer', add('assistant'));
}
