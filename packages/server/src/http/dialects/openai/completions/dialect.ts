/** The completions dialect: `/v1/chat/completions`. */
import { addRoutes } from '../../../routing/route.ts';
import type { DialectModule } from '../../dialect-module.ts';
import { openAiErrors } from '../errors.ts';
import { addOpenAiHeaders } from '../headers.ts';
import { completionsCodec } from './codec.ts';
import { completionRoutes } from './routes.ts';
import { CompletionSchema } from './schema.ts';

export const completions = {
  name: 'completions',
  tag: {
    name: 'completions',
    description: "OpenAI's chat completions, under `/v1`, for its unmodified clients.",
  },
  prefixes: ['/v1/chat'],
  ...openAiErrors,
  codec: completionsCodec,
  addHooks: addOpenAiHeaders,
  routes: (dependencies) => async (app) => {
    app.addSchema(CompletionSchema);
    addRoutes(app, completionRoutes(dependencies));
  },
} satisfies DialectModule<'completions'>;
