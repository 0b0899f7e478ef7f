/** The ui dialect: the AI SDK's UI message stream, for `useChat`. */
import { errorEnvelope } from '../../answer/errors.ts';
import { addRoutes } from '../../routing/route.ts';
import type { DialectModule } from '../dialect-module.ts';
import { uiCodec } from './codec.ts';
import { uiRoutes } from './routes.ts';
import { UiMessageSchema } from './schema.ts';

export const ui = {
  name: 'ui',
  tag: { name: 'ui', description: 'The AI SDK’s UI message stream, for `useChat`.' },
  prefixes: ['/api/ui'],
  envelope: errorEnvelope,
  codec: uiCodec,
  routes: (dependencies) => async (app) => {
    app.addSchema(UiMessageSchema);
    addRoutes(app, uiRoutes(dependencies));
  },
} satisfies DialectModule<'ui'>;
