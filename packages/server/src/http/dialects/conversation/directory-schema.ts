/** What the conversation dialect lists besides conversations: models and organizations. */
import { Type } from 'typebox';
import { roles } from '../../../domain/organization.ts';
import { exampleId, IdField, oneOf, orNull } from '../../openapi/fields.ts';
import { exampleModel, modelName, provider } from './schema.ts';

export const ModelsSchema = Type.Array(
  Type.Object(
    {
      id: IdField('What `create_session` takes as `model_id`.'),
      name: modelName,
      provider,
      model: Type.String({ description: "The provider's name of it.", examples: ['gpt-5-mini'] }),
      context_window: orNull(Type.Integer({ description: 'Tokens; null: not known.', examples: [128000] })),
      is_default: Type.Boolean({
        description: "Whether it is the organization's default.",
        examples: [true],
      }),
      version: Type.String({
        description: 'The same as `model`, for clients of an earlier API.',
        examples: ['gpt-5-mini'],
      }),
      is_active: Type.Boolean({ description: 'True: others are not listed.', examples: [true] }),
      config: Type.Object({}, { description: 'Empty, for clients of an earlier API.' }),
    },
    { title: 'LanguageModel', description: 'A model that can be chosen.' },
  ),
);

export const exampleModels = [
  {
    ...{ ...exampleModel, model: 'gpt-5-mini', context_window: 128000, is_default: true },
    ...{ version: 'gpt-5-mini', is_active: true, config: {} },
  },
];

export const OrganizationsSchema = Type.Array(
  Type.Object(
    {
      id: IdField('What `org_id` takes.'),
      name: Type.String({ description: "The organization's name.", examples: ['Acme'] }),
      role: orNull(
        oneOf(roles, {
          description: "The member's role; null for keys, and for end users' tokens.",
          examples: ['member'],
        }),
      ),
    },
    { title: 'OwnOrganization', description: 'An organization of the caller.' },
  ),
);

export const exampleOrganizations = [{ id: exampleId, name: 'Acme', role: 'member' }];
