/** `/organizations/{org_id}/members` */
import type { Static } from 'typebox';
import { notFound } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { findMember, listMembers } from '../../../store/queries/members.ts';
import { answer, gone } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { PageQuery, pageById, pageOf, toPageResource } from '../page.ts';
import {
  createdAnswer,
  locationOf,
  OrganizationParams,
  organizationPath,
  refusals,
  tags,
} from '../schema.ts';
import {
  CreateMemberBody,
  Member,
  MemberParams,
  MemberToken,
  MemberTokenBody,
  toMemberResource,
  UpdateMemberBody,
} from './schema.ts';

const access = 'organization-admin';
const path = `${organizationPath}/members`;

export function memberRoutes({ store, authenticator, now, revocation }: AdminDependencies): readonly Route[] {
  async function get(scope: OrganizationScope, memberId: string): Promise<Static<typeof Member>> {
    const record = await findMember(store.reads, scope, memberId.toLowerCase());
    if (record === undefined) throw notFound('member');
    return toMemberResource(record);
  }

  return [
    route({
      method: 'POST',
      path,
      access,
      schema: {
        tags,
        operationId: 'createMember',
        summary: 'Add a member',
        params: OrganizationParams,
        body: CreateMemberBody,
        response: { 201: createdAnswer(answer('The new member.', Member)), ...refusals },
      },
      async handler(request, reply) {
        const { scope } = request;
        const { name, email, role } = request.body;
        const { result } = await store.changeOnce(request, 'createMember', {
          id: newId(),
          organizationId: scope.organizationId,
          name,
          email: email.toLowerCase(),
          role,
          now: now(),
        });
        reply.code(201).header('Location', locationOf(scope, 'members', result.id));
        return get(scope, result.id);
      },
    }),
    route({
      method: 'GET',
      path,
      access,
      schema: {
        tags,
        operationId: 'listMembers',
        summary: 'The members of an organization',
        params: OrganizationParams,
        querystring: PageQuery,
        response: {
          200: answer('A page of members, oldest first.', pageOf('MemberList', Member)),
          ...refusals,
        },
      },
      handler: async ({ scope, query }) =>
        toPageResource(await listMembers(store.reads, scope, pageById(query)), toMemberResource),
    }),
    route({
      method: 'GET',
      path: `${path}/:id`,
      access,
      schema: {
        tags,
        operationId: 'getMember',
        summary: 'A member',
        params: MemberParams,
        response: { 200: answer('The member.', Member), ...refusals },
      },
      handler: ({ scope, params }) => get(scope, params.id),
    }),
    route({
      method: 'PATCH',
      path: `${path}/:id`,
      access,
      writes: 'beyond',
      schema: {
        tags,
        operationId: 'updateMember',
        summary: 'Change a member',
        params: MemberParams,
        body: UpdateMemberBody,
        response: { 200: answer('The changed member.', Member), ...refusals },
      },
      async handler(request) {
        const { scope, params } = request;
        const { email, ...changes } = request.body;
        await store.change(request, 'updateMember', {
          organizationId: scope.organizationId,
          id: params.id.toLowerCase(),
          changes: { ...changes, ...(email !== undefined && { email: email.toLowerCase() }) },
          now: now(),
        });
        return get(scope, params.id);
      },
    }),
    route({
      method: 'DELETE',
      path: `${path}/:id`,
      access,
      writes: 'beyond',
      schema: {
        tags,
        operationId: 'deleteMember',
        summary: 'Remove a member; its tokens die at once',
        description:
          'Connections of the member end with an error, and what the member has running and queued ends as cancelled.',
        params: MemberParams,
        response: { 204: gone, ...refusals },
      },
      async handler(request, reply) {
        const { organizationId } = request.scope;
        const id = request.params.id.toLowerCase();
        await store.change(request, 'deleteMember', { organizationId, id });
        await revocation.member(id);
        return reply.code(204).send(null);
      },
    }),
    route({
      method: 'POST',
      path: `${path}/:id/token`,
      access,
      schema: {
        tags,
        operationId: 'createMemberToken',
        summary: 'A token of a member, for the conversation dialect',
        params: MemberParams,
        body: MemberTokenBody,
        response: { 200: answer('The token, shown this once.', MemberToken), ...refusals },
      },
      /** The body may be left out. */
      async preValidation(request) {
        request.body ??= {};
      },
      async handler(request) {
        const { scope, body } = request;
        const id = request.params.id.toLowerCase();
        const { token, expiresAt } = await authenticator.issueMemberToken(scope, id, body.ttl_seconds);
        await store.note(request, 'member.token', { kind: 'member', id }, { expires_at: expiresAt });
        return { token, expires_at: expiresAt };
      },
    }),
  ];
}
