/** The schemas of organizations. */
import { type Static, Type } from 'typebox';
import { toTime } from '../../../domain/text/time.ts';
import type { OrganizationRecord } from '../../../store/queries/organizations.ts';
import { Erased } from '../../end-users/schema.ts';
import { closed, exampleId, IdField, nullable, TextField } from '../../openapi/fields.ts';
import { createdAt, updatedAt } from '../schema.ts';

const name = TextField('The name.', 'Acme', { maxLength: 255 });
const defaultModel = nullable(
  Type.String({
    format: 'uuid',
    description: 'What answers where no persona does; null: the first active model.',
    examples: [exampleId],
  }),
);

export const Organization = Type.Object(
  {
    id: IdField('The id.'),
    name,
    default_model_id: defaultModel,
    created_at: createdAt,
    updated_at: updatedAt,
  },
  { title: 'Organization', description: 'A tenant: its models, personas, keys, members and conversations.' },
);

export const CreateOrganizationBody = Type.Object({ name }, { ...closed, title: 'NewOrganization' });

export const UpdateOrganizationBody = Type.Object(
  { name: Type.Optional(name), default_model_id: Type.Optional(defaultModel) },
  { ...closed, title: 'OrganizationChanges', examples: [{ name: 'Acme' }] },
);

export const ErasedOrganization = Erased('ErasedOrganization', 'How many entries went, by store.');

export function toOrganizationResource(record: OrganizationRecord): Static<typeof Organization> {
  return {
    id: record.id,
    name: record.name,
    default_model_id: record.defaultModelId,
    created_at: toTime(record.createdAt),
    updated_at: toTime(record.updatedAt),
  };
}
