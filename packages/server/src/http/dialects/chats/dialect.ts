/** The chats dialect: a simple client's chats, their messages, and answers over `EventSource`. */
import { errorEnvelope } from '../../answer/errors.ts';
import { addRoutes } from '../../routing/route.ts';
import type { DialectModule } from '../dialect-module.ts';
import { chatRoutes } from './chat-routes.ts';
import { chatsCodec } from './codec.ts';
import { inferenceRoutes } from './inference-routes.ts';
import { messageRoutes } from './message-routes.ts';
import { ChatMessageSchema, ChatSchema } from './schema.ts';

export const chats = {
  name: 'chats',
  tag: { name: 'chats', description: 'Chats and their messages, answered over `EventSource`.' },
  prefixes: ['/chats', '/conversations'],
  envelope: errorEnvelope,
  codec: chatsCodec,
  routes: (dependencies) => async (app) => {
    for (const schema of [ChatSchema, ChatMessageSchema]) app.addSchema(schema);
    addRoutes(app, [
      ...chatRoutes(dependencies),
      ...messageRoutes(dependencies),
      ...inferenceRoutes(dependencies),
    ]);
  },
} satisfies DialectModule<'chats'>;
