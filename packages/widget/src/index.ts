/** The package for bundlers: `mount`, and the element by name. Importing it does nothing. */

export type { GetToken } from './chat/token.ts';
export { type ColloquyChatElement, defineColloquyChat } from './element.ts';
export type { ColloquyChatEventName, ColloquyChatEvents } from './events.ts';
export { type MountOptions, mount } from './mount.ts';
