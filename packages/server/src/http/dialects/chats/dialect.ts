/** The chats dialect: `/chats` and `/conversations`. */
import { errorEnvelope } from '../../answer/errors.ts';
import type { DialectModule } from '../dialect-module.ts';
import { chatsCodec } from './codec.ts';
import { chatsRoutes } from './routes.ts';

export const chats = {
  name: 'chats',
  tag: { name: 'chats', description: 'Chats and their messages, answered over `EventSource`.' },
  prefixes: ['/chats', '/conversations'],
  envelope: errorEnvelope,
  codec: chatsCodec,
  routes: chatsRoutes,
} satisfies DialectModule<'chats'>;
