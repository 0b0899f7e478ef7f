/**
 * `cvzWidget.init(config)` and `hide()` of ConverZen's chat-widget, answered by this one: pages change the script and keep
 * the call. What has no counterpart is told in the browser's console, with what to do instead.
 */
import type { Past } from '../chat/past.ts';
import { attributesOf, type ConverzenConfig } from './config.ts';
import { keepMessages } from './history.ts';
import { iconOf } from './icon.ts';
import { type CompatGlobal, type CompatWindow, globalNames } from './waiting-calls.ts';

/** The element, as far as it is used here: its class is in the other chunk. */
interface ChatElement extends HTMLElement {
  getToken: unknown;
  loadPast: (() => Promise<Past>) | undefined;
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
    element = document.createElement('colloquy-chat') as HTMLElement as ChatElement;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    for (const [name, value] of Object.entries(properties)) element.style.setProperty(name, value);
    const { getToken } = config;
    if (typeof getToken === 'function') element.getToken = () => getToken(clientId());
    const drawing = config.icons?.launcher ?? config.icons?.chat;
    const icon = typeof drawing === 'string' ? iconOf(drawing) : undefined;
    if (icon !== undefined) {
      icon.slot = 'launcher';
      element.append(icon);
    }
    if (config.extraContext !== undefined) element.setContext(config.extraContext);
    element.loadPast = keepMessages(element, config);
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
