/** `/chats` and `/conversations`: a simple client's chats, their messages, and answers over `EventSource`. */

import type { AppPlugin } from '../../openapi/route-plugin.ts';
import { authenticate } from '../../request/authentication.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import { chatRoutes } from './chat-routes.ts';
import { inferenceRoutes } from './inference-routes.ts';
import { messageRoutes } from './message-routes.ts';
import { ChatMessageSchema, ChatSchema } from './schema.ts';

export function chatsRoutes(options: DialectDependencies): AppPlugin {
  return async (app) => {
    app.addSchema(ChatSchema);
    app.addSchema(ChatMessageSchema);
    app.addHook('onRequest', authenticate(options, { anonymous: true, accessToken: true }));
    app.register(chatRoutes(options), { prefix: '/chats' });
    app.register(messageRoutes(options), { prefix: '/conversations' });
    app.register(inferenceRoutes(options), { prefix: '/conversations' });
  };
}
