/** The chat dialect: `/api/chat`. */
import { errorEnvelope } from '../../answer/errors.ts';
import type { DialectModule } from '../dialect-module.ts';
import { chatCodec } from './codec.ts';
import { chatRoutes } from './routes.ts';

export const chat = {
  name: 'chat',
  tag: { name: 'chat', description: 'Talk to a persona: tokens, new sessions, continuations.' },
  prefixes: ['/api/chat'],
  envelope: errorEnvelope,
  codec: chatCodec,
  routes: (dependencies) => async (app) => {
    app.register(chatRoutes(dependencies), { prefix: '/api/chat' });
  },
} satisfies DialectModule<'chat'>;
