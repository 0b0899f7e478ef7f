/** Puts a chat into a page from a program. */

import type { GetToken } from './chat/token.ts';
import { type ColloquyChatElement, defineColloquyChat, tagName } from './element.ts';
import type { AttributeName } from './settings.ts';

export interface MountOptions extends Readonly<Partial<Record<AttributeName, string | boolean | undefined>>> {
  readonly getToken?: GetToken | undefined;
  readonly strings?: ColloquyChatElement['strings'] | undefined;
  /** Default: the end of the body. */
  readonly target?: Element | undefined;
}

/** @returns the element: `remove()` takes it away */
export function mount({
  getToken,
  strings,
  target = document.body,
  ...attributes
}: MountOptions): ColloquyChatElement {
  defineColloquyChat();
  const element = document.createElement(tagName);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, '');
    else if (value !== undefined && value !== false) element.setAttribute(name, value);
  }
  if (getToken !== undefined) element.getToken = getToken;
  if (strings !== undefined) element.strings = strings;
  target.append(element);
  return element;
}
