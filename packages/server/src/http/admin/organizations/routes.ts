/** `/organizations` */
import { type Static, Type } from 'typebox';
import { administeredOrganization, requireOperator } from '../../../auth/permissions.ts';
import { notFound } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import {
  findOrganization,
  listOrganizations,
  type OrganizationRecord,
} from '../../../store/queries/organizations.ts';
import { type AdminApp, administratorOf, claimOf, openOrganization, timeOf } from '../access.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { pageById, toPageResource } from '../page.ts';
import {
  answers,
  closed,
  created,
  createdAt,
  exampleId,
  id,
  nullable,
  OrganizationParams,
  PageQuery,
  pageOf,
  text,
  updatedAt,
} from '../schema.ts';
import { toTime } from '../time.ts';
import { eraseOrganization } from '../users/erasure.ts';

const name = text('The name.', 'Acme', { maxLength: 255 });
const defaultModel = nullable(
  Type.String({
    format: 'uuid',
    description: 'What answers where no persona does; null: the first active model.',
    examples: [exampleId],
  }),
);

const Organization = Type.Object(
  {
    id: id('The id.'),
    name,
    default_model_id: defaultModel,
    created_at: createdAt,
    updated_at: updatedAt,
  },
  { title: 'Organization', description: 'A tenant: its models, personas, keys, members and conversations.' },
);

const CreateBody = Type.Object({ name }, { ...closed, title: 'NewOrganization' });

const UpdateBody = Type.Object(
  { name: Type.Optional(name), default_model_id: Type.Optional(defaultModel) },
  { ...closed, title: 'OrganizationChanges' },
);

const Erased = Type.Object(
  {
    deleted: Type.Record(Type.String(), Type.Integer(), {
      description: 'How many entries went, by store.',
      examples: [{ conversations: 3, messages: 12 }],
    }),
  },
  { title: 'ErasedOrganization', description: 'What was deleted.' },
);

function toResource(record: OrganizationRecord): Static<typeof Organization> {
  return {
    id: record.id,
    name: record.name,
    default_model_id: record.defaultModelId,
    created_at: toTime(record.createdAt),
    updated_at: toTime(record.updatedAt),
  };
}

export function organizationRoutes(app: AdminApp, dependencies: AdminDependencies): void {
  const { store } = dependencies;

  async function get(organizationId: string): Promise<Static<typeof Organization>> {
    const record = await findOrganization(store.reads, organizationId);
    if (record === undefined) throw notFound('organization');
    return toResource(record);
  }

  app.post(
    '/organizations',
    {
      schema: {
        tags: ['admin'],
        operationId: 'createOrganization',
        summary: 'Make an organization (operator)',
        body: CreateBody,
        response: created(Organization, 'The new organization.'),
      },
    },
    async (request, reply) => {
      requireOperator(administratorOf(request));
      const { result } = await store.executeOnce(
        'createOrganization',
        { id: newId(), name: request.body.name, now: timeOf(dependencies) },
        claimOf(request, dependencies),
      );
      reply.code(201).header('Location', `${app.prefix}/organizations/${result.id}`);
      return await get(result.id);
    },
  );

  app.get(
    '/organizations',
    {
      schema: {
        tags: ['admin'],
        operationId: 'listOrganizations',
        summary: 'The organizations that the credential administers',
        querystring: PageQuery,
        response: answers(pageOf('OrganizationList', Organization), 'A page of organizations, oldest first.'),
      },
    },
    async (request) => {
      const within = administeredOrganization(administratorOf(request));
      return toPageResource(
        await listOrganizations(store.reads, within, pageById(request.query)),
        toResource,
      );
    },
  );

  app.get(
    '/organizations/:org_id',
    {
      schema: {
        tags: ['admin'],
        operationId: 'getOrganization',
        summary: 'An organization',
        params: OrganizationParams,
        response: answers(Organization, 'The organization.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      return await get(scope.organizationId);
    },
  );

  app.patch(
    '/organizations/:org_id',
    {
      schema: {
        tags: ['admin'],
        operationId: 'updateOrganization',
        summary: 'Change an organization',
        params: OrganizationParams,
        body: UpdateBody,
        response: answers(Organization, 'The changed organization.'),
      },
    },
    async (request) => {
      const { organizationId } = await openOrganization(request, dependencies, request.params.org_id);
      const { name, default_model_id } = request.body;
      await store.execute('updateOrganization', {
        organizationId,
        name,
        defaultModelId: default_model_id?.toLowerCase() ?? default_model_id,
        now: timeOf(dependencies),
      });
      return await get(organizationId);
    },
  );

  app.delete(
    '/organizations/:org_id',
    {
      schema: {
        tags: ['admin'],
        operationId: 'deleteOrganization',
        summary: 'Delete an organization with all of its data (operator)',
        params: OrganizationParams,
        response: answers(Erased, 'How much was deleted.'),
      },
    },
    async (request) => {
      requireOperator(administratorOf(request));
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      return { deleted: await eraseOrganization(dependencies, scope) };
    },
  );
}
