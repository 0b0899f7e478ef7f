/** `/organizations/{org_id}/members` */
import { type Static, Type } from 'typebox';
import { requireWhole } from '../../../auth/accounts/links.ts';
import { isOperator } from '../../../auth/permissions.ts';
import { notFound } from '../../../domain/errors.ts';
import { newId } from '../../../domain/ids.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { findAccount, listMemberships, readSignIns, type SignIns } from '../../../store/queries/accounts.ts';
import { findMember, listMembers, type MemberRecord } from '../../../store/queries/members.ts';
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
    const record = await find(scope, memberId);
    return toMemberResource(record, await signInsOf([record]));
  }

  async function find(scope: OrganizationScope, memberId: string): Promise<MemberRecord> {
    const record = await findMember(store.reads, scope, memberId.toLowerCase());
    if (record === undefined) throw notFound('member');
    return record;
  }

  function signInsOf(records: readonly MemberRecord[]): Promise<ReadonlyMap<string, SignIns>> {
    const accountIds = records.flatMap(({ accountId }) => accountId ?? []);
    return readSignIns(store.reads, accountIds, now());
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
      async handler({ scope, query }) {
        const page = await listMembers(store.reads, scope, pageById(query));
        const signIns = await signInsOf(page.data);
        return toPageResource(page, (record) => toMemberResource(record, signIns));
      },
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
          'The last owner who can sign in stays. An account goes with its last organization. Connections of the member end with an error, and what the member has running and queued ends as cancelled.',
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
      method: 'DELETE',
      path: `${path}/:id/sessions`,
      access,
      writes: 'beyond',
      schema: {
        tags,
        operationId: 'endMemberSessions',
        summary: 'Sign a member out everywhere',
        description:
          'Tokens of the sessions and their connections end at once. For members who belong to other organizations too, and for operators, only an operator may do this.',
        params: MemberParams,
        response: { 204: Type.Null({ description: 'The member is signed out.' }), ...refusals },
      },
      async handler(request, reply) {
        const { scope, caller, params } = request;
        const { accountId } = await find(scope, params.id);
        const account = accountId === null ? undefined : await findAccount(store.reads, accountId);
        if (account !== undefined) {
          const memberships = await listMemberships(store.reads, account.id);
          if (!isOperator(caller)) requireWhole(account, memberships, new Set([scope.organizationId]));
          const { ended } = await store.change(request, 'endSessions', { accountId: account.id });
          await revocation.sessions(ended);
        }
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
