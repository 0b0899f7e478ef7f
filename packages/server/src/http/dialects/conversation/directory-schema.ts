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
      internet: Type.Boolean({
        description:
          'Whether its answers can draw on the web: it can use sources, and the organization has the internet turned on.',
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
    internet: true,
    ...{ version: 'gpt-5-mini', is_active: true, config: {} },
  },
];

const VersionOnOffer = Type.Object(
  {
    version: Type.Integer({ description: 'Its number.', examples: [3] }),
    model_id: IdField('The model that it is for.'),
    internet: Type.Boolean({
      description: 'Whether its answers draw on the web where a turn does not say.',
      examples: [false],
    }),
  },
  { title: 'PersonaVersionOnOffer', description: 'A version of a persona, without its prompt.' },
);

export const PersonasSchema = Type.Array(
  Type.Object(
    {
      id: Type.Integer({ description: 'What a selector takes as `persona_id`.', examples: [47] }),
      name: Type.String({ description: 'Its name.', examples: ['Support'] }),
      alias: Type.String({ description: 'What a selector takes as `alias`.', examples: ['support'] }),
      description: orNull(Type.String({ description: 'What it is for.', examples: ['Answers customers'] })),
      active: orNull(VersionOnOffer),
      next: orNull({
        ...VersionOnOffer,
        description: 'The draft; null: there is none, or it is not for the caller.',
      }),
    },
    { title: 'PersonaOnOffer', description: 'A persona that the caller can talk to.' },
  ),
);

export const examplePersonas = [
  {
    ...{ id: 47, name: 'Support', alias: 'support', description: null },
    ...{ active: { version: 3, model_id: exampleId, internet: false }, next: null },
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
