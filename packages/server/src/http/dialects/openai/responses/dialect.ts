/** The responses dialect: `/v1/responses`, and what `/v1` has beside. */
import { addRoutes } from '../../../routing/route.ts';
import type { DialectModule } from '../../dialect-module.ts';
import { OpenAiConversationSchema } from '../conversations/documentation.ts';
import { conversationRoutes } from '../conversations/routes.ts';
import { OpenAiErrorSchema } from '../error-responses.ts';
import { openAiErrors } from '../errors.ts';
import { addOpenAiHeaders } from '../headers.ts';
import { ModelSchema } from '../models/documentation.ts';
import { modelRoutes } from '../models/routes.ts';
import { responsesCodec } from './codec.ts';
import { responseRoutes } from './routes.ts';
import { ItemListSchema, ResponseSchema } from './schema.ts';

export const responses = {
  name: 'responses',
  tag: {
    name: 'responses',
    description: "OpenAI's responses, conversations and models, under `/v1`, for its unmodified clients.",
  },
  prefixes: ['/v1'],
  ...openAiErrors,
  codec: responsesCodec,
  addHooks: addOpenAiHeaders,
  routes: (dependencies) => async (app) => {
    for (const schema of [
      OpenAiErrorSchema,
      ModelSchema,
      ResponseSchema,
      ItemListSchema,
      OpenAiConversationSchema,
    ])
      app.addSchema(schema);
    addRoutes(app, [
      ...modelRoutes(dependencies),
      ...responseRoutes(dependencies),
      ...conversationRoutes(dependencies),
    ]);
  },
} satisfies DialectModule<'responses'>;
