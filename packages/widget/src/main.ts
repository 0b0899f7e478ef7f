/**
 * `widget.js`: defines the element, with the server that the script came from, and puts a floating chat into the page if
 * the script's tag asks for one by `data-token-endpoint`.
 */
import { defineColloquyChat, tagName } from './element.ts';
import { scriptOf, settingsOfScript } from './script.ts';

const script = scriptOf(import.meta.url, document);
const settings = script && settingsOfScript(script);
defineColloquyChat(new URL('.', import.meta.url).href);

if (script?.dataset.compat === 'converzen') {
  const { install } = await import('./compat/converzen.ts');
  install(window);
} else if (settings !== undefined) {
  const element = document.createElement(tagName);
  for (const [name, value] of Object.entries(settings)) element.setAttribute(name, value);
  const place = (): void => {
    if (!element.isConnected) document.body.append(element);
  };
  if (document.body === null) document.addEventListener('DOMContentLoaded', place, { once: true });
  else place();
  // Turbo and its like put another body in place of the one that the chat stands in.
  new MutationObserver(place).observe(document.documentElement, { childList: true });
}
