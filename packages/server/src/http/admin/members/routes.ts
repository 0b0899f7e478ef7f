/** `/organizations/{org_id}/members` */
import { type Static, Type } from 'typebox';
import { notFound } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import { roles } from '../../../domain/organization.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { findMember, listMembers, type MemberRecord } from '../../../store/queries/members.ts';
import { type AdminApp, claimOf, openOrganization, timeOf } from '../access.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { pageById, toPageResource } from '../page.ts';
import {
  answers,
  closed,
  created,
  createdAt,
  deleted,
  id,
  OrganizationParams,
  oneOf,
  PageQuery,
  pageOf,
  text,
  updatedAt,
} from '../schema.ts';
import { toTime } from '../time.ts';

const maxTokenTtlSeconds = 31_536_000;

const fields = {
  name: text('The name.', 'Ada Lovelace', { maxLength: 255 }),
  email: Type.String({
    format: 'email',
    maxLength: 254,
    description: 'The e-mail address, unique in the organization; kept in lower case.',
    examples: ['ada@example.com'],
  }),
  role: oneOf(roles as readonly ['owner', 'admin', 'member', 'guest'], {
    description: '`owner` and `admin` administer; `guest` only reads.',
    examples: ['member'],
  }),
};

const Member = Type.Object(
  { id: id('The id.'), ...fields, created_at: createdAt, updated_at: updatedAt },
  { title: 'Member', description: 'A person who works in the organization.' },
);

const Params = Type.Object({ ...OrganizationParams.properties, id: id('The member.') });
const CreateBody = Type.Object(fields, { ...closed, title: 'NewMember' });
const UpdateBody = Type.Object(
  {
    name: Type.Optional(fields.name),
    email: Type.Optional(fields.email),
    role: Type.Optional(fields.role),
  },
  { ...closed, title: 'MemberChanges' },
);
const TokenBody = Type.Object(
  {
    ttl_seconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: maxTokenTtlSeconds,
        description: 'How long the token lives; the default is `TOKEN_TTL_SECONDS` of the server.',
        examples: [3600],
      }),
    ),
  },
  { ...closed, title: 'NewMemberToken' },
);
const Token = Type.Object(
  {
    token: Type.String({ description: 'For `Authorization: Bearer`.', examples: ['eyJhbGciOiJIUzI1NiIs…'] }),
    expires_at: Type.Integer({ description: 'Unix seconds.', examples: [1770571652] }),
  },
  {
    title: 'MemberToken',
    description: "A member's token; it has the role that the member has when it is used.",
  },
);

function toResource(record: MemberRecord): Static<typeof Member> {
  return {
    id: record.id,
    name: record.name,
    email: record.email,
    role: record.role,
    created_at: toTime(record.createdAt),
    updated_at: toTime(record.updatedAt),
  };
}

export function memberRoutes(app: AdminApp, dependencies: AdminDependencies): void {
  const { store } = dependencies;
  const path = '/organizations/:org_id/members';

  async function get(scope: OrganizationScope, memberId: string): Promise<Static<typeof Member>> {
    const record = await findMember(store.reads, scope, memberId.toLowerCase());
    if (record === undefined) throw notFound('member');
    return toResource(record);
  }

  app.post(
    path,
    {
      schema: {
        tags: ['admin'],
        operationId: 'createMember',
        summary: 'Add a member',
        params: OrganizationParams,
        body: CreateBody,
        response: created(Member, 'The new member.'),
      },
    },
    async (request, reply) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      const { organizationId } = scope;
      const { name, email, role } = request.body;
      const { result } = await store.executeOnce(
        'createMember',
        {
          id: newId(),
          organizationId,
          name,
          email: email.toLowerCase(),
          role,
          now: timeOf(dependencies),
        },
        claimOf(request, dependencies),
      );
      reply
        .code(201)
        .header('Location', `${app.prefix}/organizations/${organizationId}/members/${result.id}`);
      return await get(scope, result.id);
    },
  );

  app.get(
    path,
    {
      schema: {
        tags: ['admin'],
        operationId: 'listMembers',
        summary: 'The members of an organization',
        params: OrganizationParams,
        querystring: PageQuery,
        response: answers(pageOf('MemberList', Member), 'A page of members, oldest first.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      return toPageResource(await listMembers(store.reads, scope, pageById(request.query)), toResource);
    },
  );

  app.get(
    `${path}/:id`,
    {
      schema: {
        tags: ['admin'],
        operationId: 'getMember',
        summary: 'A member',
        params: Params,
        response: answers(Member, 'The member.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      return await get(scope, request.params.id);
    },
  );

  app.patch(
    `${path}/:id`,
    {
      schema: {
        tags: ['admin'],
        operationId: 'updateMember',
        summary: 'Change a member',
        params: Params,
        body: UpdateBody,
        response: answers(Member, 'The changed member.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      const { email, ...changes } = request.body;
      await store.execute('updateMember', {
        organizationId: scope.organizationId,
        id: request.params.id.toLowerCase(),
        changes: { ...changes, ...(email !== undefined && { email: email.toLowerCase() }) },
        now: timeOf(dependencies),
      });
      return await get(scope, request.params.id);
    },
  );

  app.delete(
    `${path}/:id`,
    {
      schema: {
        tags: ['admin'],
        operationId: 'deleteMember',
        summary: 'Remove a member; its tokens die at once',
        params: Params,
        response: deleted(),
      },
    },
    async (request, reply) => {
      const { organizationId } = await openOrganization(request, dependencies, request.params.org_id);
      await store.execute('deleteMember', { organizationId, id: request.params.id.toLowerCase() });
      return reply.code(204).send(null);
    },
  );

  app.post(
    `${path}/:id/token`,
    {
      // The body may be left out.
      preValidation: async (request) => {
        request.body ??= {};
      },
      schema: {
        tags: ['admin'],
        operationId: 'createMemberToken',
        summary: 'A token of a member, for the conversation dialect',
        params: Params,
        body: TokenBody,
        response: answers(Token, 'The token, shown this once.'),
      },
    },
    async (request) => {
      const scope = await openOrganization(request, dependencies, request.params.org_id);
      const { token, expiresAt } = await dependencies.authenticator.issueMemberToken(
        scope,
        request.params.id.toLowerCase(),
        request.body.ttl_seconds,
      );
      return { token, expires_at: expiresAt };
    },
  );
}
