/** The schemas of API keys. */
import { type Static, Type } from 'typebox';
import { apiKeyTypes } from '../../../domain/api-key.ts';
import type { NamedCreator } from '../../../domain/scope.ts';
import { toTime, toTimeOrNull } from '../../../domain/text/time.ts';
import type { ApiKeyRecord } from '../../../store/queries/api-keys.ts';
import { maxPersonaId } from '../../../store/queries/personas.ts';
import {
  CreatedByField,
  closed,
  exampleTime,
  IdField,
  nullable,
  oneOf,
  TextField,
} from '../../openapi/fields.ts';
import { Consumed, type ConsumedSchema } from '../consumed.ts';
import { LimitsField, Warnings } from '../limit-fields.ts';
import { PageQuery } from '../page.ts';
import { createdAt, OrganizationParams } from '../schema.ts';

const fields = {
  name: TextField('What the key is for.', 'website', { maxLength: 255 }),
  type: oneOf(apiKeyTypes, {
    description:
      '`prod` uses submitted personas by alias, `test` any version; their data do not mix. `admin` administers this organization.',
    examples: ['prod'],
  }),
  default_persona_id: nullable(
    Type.Integer({
      minimum: 1,
      maximum: maxPersonaId,
      description: 'The persona of requests that select none.',
      examples: [1],
    }),
  ),
  personas: nullable(
    Type.Array(
      Type.Integer({ minimum: 1, maximum: maxPersonaId, description: 'A persona.', examples: [1] }),
      {
        minItems: 1,
        maxItems: 100,
        description:
          'The personas that the key, and its tokens, are held to: it can use no others, and no bare models; null: all.',
        examples: [[1]],
      },
    ),
  ),
  expires_at: nullable(
    Type.String({
      format: 'date-time',
      description: 'When the key stops working; null: never.',
      examples: [exampleTime],
    }),
  ),
  allowed_origins: nullable(
    Type.Array(
      Type.String({ maxLength: 300, description: 'An origin.', examples: ['https://www.example.com'] }),
      {
        minItems: 1,
        maxItems: 100,
        description:
          'The origins that browsers may call from, exact ones or `https://*.example.com`, where `*` is one label or more; null: any.',
        examples: [['https://www.example.com']],
      },
    ),
  ),
};

const resourceFields = {
  id: IdField('The id.'),
  ...fields,
  prefix: Type.String({ description: 'What of the key stays visible.', examples: ['sk_prod_Ab3dE6'] }),
  limits: LimitsField('the key'),
  end_user_limits: LimitsField('each end user with a token of the key'),
  consumed: Consumed,
  created_at: createdAt,
  last_used_at: nullable(
    Type.String({
      format: 'date-time',
      description: 'When the key was used last, up to a minute late.',
      examples: [exampleTime],
    }),
  ),
  revoked_at: nullable(
    Type.String({
      format: 'date-time',
      description: 'When the key was revoked; null: it was not.',
      examples: [exampleTime],
    }),
  ),
  previous_secret_until: nullable(
    Type.String({
      format: 'date-time',
      description: 'Until when the secret before the last rotation is valid too; null: it is not.',
      examples: [exampleTime],
    }),
  ),
  created_by: CreatedByField,
};

export const Key = Type.Object(resourceFields, {
  title: 'ApiKey',
  description: 'An API key, without its secret.',
});
export const ChangedKey = Type.Object(
  { ...resourceFields, warnings: Type.Optional(Warnings) },
  { title: 'ChangedApiKey', description: 'An API key that was changed, without its secret.' },
);
export const NewKey = Type.Object(
  {
    ...resourceFields,
    warnings: Type.Optional(Warnings),
    key: Type.Optional(
      Type.String({
        description: 'The whole key, shown this once; a replayed answer lacks it.',
        examples: ['sk_prod_Ab3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hJ6kM9nP2r'],
      }),
    ),
  },
  { title: 'NewApiKey', description: 'A new API key with its secret.' },
);

export const KeyParams = Type.Object({ ...OrganizationParams.properties, id: IdField('The key.') });
/** What may be left out of a request, and be changed later. */
const changeable = {
  default_persona_id: Type.Optional(fields.default_persona_id),
  personas: Type.Optional(fields.personas),
  expires_at: Type.Optional(fields.expires_at),
  limits: Type.Optional(resourceFields.limits),
  end_user_limits: Type.Optional(resourceFields.end_user_limits),
  allowed_origins: Type.Optional(fields.allowed_origins),
};

export const CreateKeyBody = Type.Object(
  { name: fields.name, type: fields.type, ...changeable },
  { ...closed, title: 'ApiKeyRequest' },
);

export const UpdateKeyBody = Type.Object(
  { name: Type.Optional(fields.name), ...changeable },
  { ...closed, title: 'ApiKeyChanges', examples: [{ name: 'website' }] },
);

export const RotateKeyBody = Type.Object(
  {
    overlap_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 604_800,
        default: 0,
        description: 'How long the secret before stays valid beside the new one.',
        examples: [3600],
      }),
    ),
  },
  { ...closed, title: 'ApiKeyRotation', examples: [{ overlap_seconds: 3600 }] },
);

export const KeyListQuery = Type.Object({
  ...PageQuery.properties,
  revoked: Type.Optional(
    Type.Boolean({
      description: '`false` leaves out the keys that are revoked, `true` all others.',
      examples: [false],
    }),
  ),
});

/** `now` is in epoch milliseconds. */
export function toKeyResource(
  record: ApiKeyRecord,
  createdBy: NamedCreator | null,
  consumed: Static<typeof ConsumedSchema>,
  now: number,
): Static<typeof Key> {
  const { previous } = record;
  return {
    id: record.id,
    name: record.name,
    type: record.type,
    default_persona_id: record.defaultPersonaId,
    personas: record.personas === null ? null : [...record.personas],
    expires_at: toTimeOrNull(record.expiresAt),
    allowed_origins: record.allowedOrigins === null ? null : [...record.allowedOrigins],
    prefix: record.prefix,
    limits: record.limits,
    end_user_limits: record.endUserLimits,
    consumed,
    created_at: toTime(record.createdAt),
    last_used_at: toTimeOrNull(record.lastUsedAt),
    revoked_at: toTimeOrNull(record.revokedAt),
    previous_secret_until: previous !== null && previous.until > now ? toTime(previous.until) : null,
    created_by: createdBy && { ...createdBy },
  };
}
