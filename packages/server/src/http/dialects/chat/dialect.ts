/** The chat dialect: `/api/chat`. */
import { errorEnvelope } from '../../answer/errors.ts';
import { addRoutes } from '../../routing/route.ts';
import type { DialectModule } from '../dialect-module.ts';
import { chatCodec } from './codec.ts';
import { meRoutes } from './me-routes.ts';
import { chatRoutes } from './routes.ts';
import { ChatEventSchema } from './schema.ts';
import { userSessionRoutes } from './session-routes.ts';
import { tokenRoute } from './token-route.ts';

export const chat = {
  name: 'chat',
  tag: { name: 'chat', description: 'Talk to a persona: tokens, new sessions, continuations.' },
  prefixes: ['/api/chat'],
  envelope: errorEnvelope,
  codec: chatCodec,
  routes: (dependencies) => async (app) => {
    app.addSchema(ChatEventSchema);
    addRoutes(app, [
      tokenRoute(dependencies),
      ...chatRoutes(dependencies),
      ...meRoutes(dependencies),
      ...userSessionRoutes(dependencies),
    ]);
  },
} satisfies DialectModule<'chat'>;
