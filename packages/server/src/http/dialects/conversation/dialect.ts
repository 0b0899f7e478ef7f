/** The conversation dialect: `/api/conversation`, and what its users choose from at `/api/llm` and `/api/org`. */
import { detailEnvelope } from '../../answer/errors.ts';
import type { DialectModule } from '../dialect-module.ts';
import { conversationCodec } from './codec.ts';
import { directoryRoutes } from './directory-routes.ts';
import { conversationRoutes } from './routes.ts';

export const conversation = {
  name: 'conversation',
  tag: { name: 'conversation', description: 'Conversations of an organization, and their sessions.' },
  prefixes: ['/api/conversation'],
  envelope: detailEnvelope,
  codec: conversationCodec,
  routes: (dependencies) => async (app) => {
    app.register(conversationRoutes(dependencies), { prefix: '/api/conversation' });
    app.register(directoryRoutes(dependencies), { prefix: '/api' });
  },
} satisfies DialectModule<'conversation'>;
