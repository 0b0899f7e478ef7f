/** The operations on models, as `/docs` shows them. */
import { Type } from 'typebox';
import { openAiErrorResponses } from '../error-responses.ts';

const tags = ['responses'];

export const ModelSchema = Type.Object(
  {
    id: Type.String({ description: 'What to give as `model`.', examples: ['persona:guide'] }),
    object: Type.Literal('model', { description: 'What it is.' }),
    created: Type.Integer({ description: 'Unix seconds.', examples: [1_764_188_000] }),
    owned_by: Type.String({ description: 'Its provider, or `persona`.', examples: ['persona'] }),
  },
  { $id: 'OpenAiModel', title: 'OpenAiModel', description: 'A model or a persona that can be asked.' },
);

export const listModels = {
  tags,
  operationId: 'listOpenAiModels',
  summary: 'List models',
  description: 'Active models by name, then the personas with an active version.',
  response: {
    200: Type.Object(
      {
        object: Type.Literal('list', { description: 'What it is.' }),
        data: Type.Array(Type.Ref('OpenAiModel#'), { description: 'The models.' }),
      },
      { title: 'OpenAiModelList', description: 'The models.' },
    ),
    ...openAiErrorResponses(401, 403),
  },
};

const params = Type.Object({
  '*': Type.String({ description: 'The model, with its slashes.', examples: ['persona:guide'] }),
});

export const getModel = {
  tags,
  operationId: 'getOpenAiModel',
  summary: 'Get a model',
  params,
  response: { 200: Type.Ref('OpenAiModel#'), ...openAiErrorResponses(401, 403, 404) },
};

/** It is no operation that anybody would look for. */
export const deleteModel = { hide: true, params };
