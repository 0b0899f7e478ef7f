/** The schemas of the audit trail. */
import { Type } from 'typebox';
import {
  type AuditRecord,
  auditActions,
  auditActorKinds,
  auditSubjects,
  refusalsKeptDays,
} from '../../../domain/audit/trail.ts';
import { toTime } from '../../../domain/text/time.ts';
import { exampleId, IdField, nullable, oneOf, TimeField } from '../../openapi/fields.ts';
import { PageQuery } from '../page.ts';

export const AuditQuery = Type.Object({
  ...PageQuery.properties,
  actor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 300,
      description: `Who acted: the id of a key or of a member, or one of ${auditActorKinds.join(', ')}.`,
      examples: [exampleId],
    }),
  ),
  action: Type.Optional(oneOf(auditActions, { description: 'What was done.', examples: ['key.create'] })),
  from: Type.Optional(TimeField('Not before this time.')),
  to: Type.Optional(TimeField('Before this time.')),
});

const values = (description: string, example: object) =>
  nullable(Type.Record(Type.String(), Type.Unknown(), { description, examples: [example] }));

export const AuditActorSchema = Type.Object(
  {
    kind: oneOf(auditActorKinds, {
      description: 'Who acted; `server`: the server itself, `stranger`: nobody that is known.',
      examples: ['member'],
    }),
    id: nullable(
      Type.String({ description: 'The key or the member; null for all others.', examples: [exampleId] }),
    ),
    name: nullable(Type.String({ description: 'The name at that time.', examples: ['Ada'] })),
    address: nullable(
      Type.String({
        description: 'The address of the client; null: nothing came over the network.',
        examples: ['203.0.113.7'],
      }),
    ),
  },
  { $id: 'AuditActor', title: 'AuditActor', description: 'Who acted.' },
);

export const AuditEntrySchema = Type.Object(
  {
    id: IdField('The id.'),
    at: TimeField('When.'),
    organization_id: nullable(
      Type.String({
        format: 'uuid',
        description: 'The organization; null: that of nobody, which the operator alone sees.',
        examples: [exampleId],
      }),
    ),
    actor: Type.Ref('AuditActor#'),
    action: oneOf(auditActions, { description: 'What was done.', examples: ['key.update'] }),
    subject: Type.Object(
      {
        kind: oneOf(auditSubjects, { description: 'What it was done to.', examples: ['key'] }),
        id: nullable(
          Type.String({ description: 'Its id; null: it has none, or none is kept.', examples: [exampleId] }),
        ),
      },
      { description: 'To what.' },
    ),
    before: values(
      'The values that were changed, as they were; null: there was nothing, or nothing is kept. Secrets are `set`.',
      { name: 'Website' },
    ),
    after: values(
      'The same values since then, or what there is to say of the action. A secret that was exchanged is `replaced`.',
      { name: 'Shop' },
    ),
    count: nullable(
      Type.Integer({
        minimum: 1,
        description: `Of refusals, which are kept for ${refusalsKeptDays} days: how many there were in the minute that begins at \`at\`.`,
        examples: [3],
      }),
    ),
    request_id: nullable(
      Type.String({
        description: 'The `X-Request-Id` of the answer, and of the log.',
        examples: [exampleId],
      }),
    ),
  },
  { $id: 'AuditEntry', title: 'AuditEntry', description: 'An entry of the audit trail.' },
);

export const AuditEntry = Type.Ref('AuditEntry#');

export function toAuditEntry(record: AuditRecord): unknown {
  const { actor, address } = record;
  return {
    id: record.id,
    at: toTime(record.at),
    organization_id: record.organizationId,
    actor: { ...actor, address },
    action: record.action,
    subject: record.subject,
    before: record.before,
    after: record.after,
    count: record.count,
    request_id: record.requestId,
  };
}
