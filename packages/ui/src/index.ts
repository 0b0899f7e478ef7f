/** Components that the console and the widget share; see README.md. */
export { type Announcer, createAnnouncer } from './announcer/announcer.ts';
export { AnnouncerProvider, useAnnouncer } from './announcer/context.tsx';
export { LiveRegions } from './announcer/live-regions.tsx';
export { createNarrator, type Narration, type Narrator } from './announcer/narrator.ts';
export { Composer, type ComposerHandle, type ComposerProps } from './composer/composer.tsx';
export type { SendKey } from './composer/keys.ts';
export { CopyButton, type CopyButtonProps } from './controls/copy-button.tsx';
export { Icon, type IconName } from './icons.tsx';
export { safeLink } from './markdown/links.ts';
export { type CitedSource, Markdown, type MarkdownProps } from './markdown/markdown.tsx';
export { plainText } from './markdown/plain-text.ts';
export { fromChat } from './message/from-chat.ts';
export { Message, type MessageProps, type MessageState, type ShownToolCall } from './message/message.tsx';
export { directionOf, languageOf, languages, loadStrings } from './strings/catalogues.ts';
export { StringsProvider, useStrings } from './strings/context.tsx';
export { en } from './strings/en.ts';
export type { Strings, Trouble } from './strings/strings.ts';
export { troubleOf } from './strings/troubles.ts';
export { default as theme } from './theme.module.css';
export {
  MessageWindow,
  type MessageWindowHandle,
  type MessageWindowProps,
} from './window/message-window.tsx';
