/** The codec of each dialect; a dialect without one can't be asked for. */
import type { Dialect } from '../../domain/generation.ts';
import type { Codec } from '../streaming/codec.ts';
import { chatCodec } from './chat/codec.ts';
import { chatsCodec } from './chats/codec.ts';
import { conversationCodec } from './conversation/codec.ts';

export const codecs: Partial<Readonly<Record<Dialect, Codec>>> = {
  chat: chatCodec,
  conversation: conversationCodec,
  chats: chatsCodec,
};
