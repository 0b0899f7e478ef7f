/** The schemas of the server's secret. */
import { type Static, Type } from 'typebox';
import type { Rotated } from '../../../auth/secrets/rotation.ts';
import { rotationOutcomes, secretSources } from '../../../domain/secrets/rotation.ts';
import { closed, exampleId, IdField, oneOf } from '../../openapi/fields.ts';

export const RotateSecretBody = Type.Object(
  {
    secret: Type.Optional(
      Type.String({
        minLength: 16,
        maxLength: 1024,
        pattern: '^[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f]$',
        writeOnly: true,
        description:
          'The new secret, at least 6 of its characters different, that repeats no shorter text. Absent: one is made, which is shown nowhere.',
        examples: ['q7Jx0bYV-2dE9rTnK4sLwZ'],
      }),
    ),
    end_tokens: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'Whether tokens that were signed until now are refused from now on, and their secrets forgotten. By default they stay valid until they expire.',
        examples: [false],
      }),
    ),
  },
  { ...closed, title: 'NewSecret', examples: [{ end_tokens: false }] },
);

export const SecretRotation = Type.Object(
  {
    outcome: oneOf(rotationOutcomes, {
      description:
        '`rotated`: there is a new secret. `resealed`: what an earlier secret had encrypted is encrypted with the present one. `unchanged`: all is, and COLLOQUY_SECRET is yours to replace.',
      examples: ['rotated'],
    }),
    source: oneOf(secretSources, {
      description:
        'Where the server has its secret from: a file in DATA_DIR, or the variable COLLOQUY_SECRET.',
      examples: ['file'],
    }),
    models: Type.Integer({
      minimum: 0,
      description: 'How many models have values that were encrypted anew.',
      examples: [3],
    }),
    unreadable: Type.Array(
      Type.Object({
        id: IdField('The model.'),
        organization_id: IdField('Its organization.'),
        name: Type.String({ description: 'Its name.', examples: ['GPT'] }),
      }),
      {
        description: 'Models with a value that none of the secrets opens: it has to be set anew.',
        examples: [[{ id: exampleId, organization_id: exampleId, name: 'GPT' }]],
      },
    ),
    webhooks: Type.Integer({
      minimum: 0,
      description: 'How many webhooks have secrets that were encrypted anew.',
      examples: [1],
    }),
    unreadable_webhooks: Type.Array(
      Type.Object({
        id: IdField('The webhook.'),
        organization_id: IdField('Its organization.'),
        url: Type.String({ description: 'Its address.', examples: ['https://hooks.example.com/colloquy'] }),
      }),
      {
        description: 'Webhooks with a secret that none of the secrets opens: they have to be made anew.',
        examples: [[]],
      },
    ),
  },
  { title: 'SecretRotation', description: 'How the rotation of the secret ended.' },
);

export function toRotation(rotated: Rotated): Static<typeof SecretRotation> {
  const { outcome, source, changed, unreadable, webhooks } = rotated;
  return {
    outcome,
    source,
    models: changed,
    unreadable: unreadable.map(({ id, organizationId, name }) => ({
      id,
      organization_id: organizationId,
      name,
    })),
    webhooks: webhooks.changed,
    unreadable_webhooks: webhooks.unreadable.map(({ id, organizationId, url }) => ({
      id,
      organization_id: organizationId,
      url,
    })),
  };
}
