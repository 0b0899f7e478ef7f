/** The conversation dialect: `/api/conversation`, and what its users choose from at `/api/llm` and `/api/org`. */
import { detailEnvelope } from '../../answer/errors.ts';
import { addRoutes } from '../../routing/route.ts';
import type { DialectModule } from '../dialect-module.ts';
import { checkOrganization } from './access.ts';
import { conversationCodec } from './codec.ts';
import { modelDirectory, organizationDirectory, personaDirectory } from './directory-routes.ts';
import { ConversationEventSchema } from './event-schema.ts';
import { messageRoutes } from './message-routes.ts';
import { conversationRoutes } from './routes.ts';
import { ConversationSchema, SessionSchema } from './schema.ts';
import { sessionRoutes } from './session-routes.ts';

export const conversation = {
  name: 'conversation',
  tag: { name: 'conversation', description: 'Conversations of an organization, and their sessions.' },
  prefixes: ['/api/conversation'],
  envelope: detailEnvelope,
  codec: conversationCodec,
  routes: (dependencies) => async (app) => {
    for (const schema of [ConversationSchema, SessionSchema, ConversationEventSchema]) app.addSchema(schema);
    addRoutes(app, [organizationDirectory(dependencies)]);
    app.register(async (ofOrganization) => {
      ofOrganization.addHook('onRequest', checkOrganization);
      addRoutes(ofOrganization, [
        ...conversationRoutes(dependencies),
        ...messageRoutes(dependencies),
        ...sessionRoutes(dependencies),
        modelDirectory(dependencies),
        personaDirectory(dependencies),
      ]);
    });
  },
} satisfies DialectModule<'conversation'>;
