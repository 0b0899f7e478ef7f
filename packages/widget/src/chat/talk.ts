/** What a conversation needs, and a page that nobody talks on does not: loaded when the chat is opened. */
export { Colloquy, ColloquyError } from '@colloquy/client';
export { createConversation } from '@colloquy/client/store';
export { Lexer } from '@colloquy/ui/lexer';
export { asToken, fetchToken } from './token.ts';
