/** `/accounts`: the people who sign in to the console of this server, for operators. */
import type { Static } from 'typebox';
import { notFound } from '../../../domain/errors.ts';
import {
  type AccountRecord,
  findAccount,
  listAccounts,
  readSignIns,
} from '../../../store/queries/accounts.ts';
import { answer, gone } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { PageQuery, pageById, pageOf, toPageResource } from '../page.ts';
import { refusals, tags } from '../schema.ts';
import { Account, AccountParams, OperatorChange, toAccountResource } from './schema.ts';

const access = 'operator';

export function accountRoutes({ store, revocation, now }: AdminDependencies): readonly Route[] {
  const signInsOf = (records: readonly AccountRecord[]) =>
    readSignIns(
      store.reads,
      records.map(({ id }) => id),
      now(),
    );

  async function get(id: string): Promise<Static<typeof Account>> {
    const record = await findAccount(store.reads, id);
    if (record === undefined) throw notFound('account');
    return toAccountResource(record, await signInsOf([record]));
  }

  return [
    route({
      method: 'GET',
      path: '/accounts',
      access,
      schema: {
        tags,
        operationId: 'listAccounts',
        summary: 'The people who sign in (operator)',
        querystring: PageQuery,
        response: {
          200: answer('A page of accounts, oldest first.', pageOf('AccountList', Account)),
          ...refusals,
        },
      },
      async handler({ query }) {
        const page = await listAccounts(store.reads, pageById(query));
        const signIns = await signInsOf(page.data);
        return toPageResource(page, (record) => toAccountResource(record, signIns));
      },
    }),
    route({
      method: 'PATCH',
      path: '/accounts/:id',
      access,
      schema: {
        tags,
        operationId: 'updateAccount',
        summary: 'Make somebody an operator, or no operator any more (operator)',
        description:
          'Who is none any more loses operators’ tokens and their connections at once. The last operator stays.',
        params: AccountParams,
        body: OperatorChange,
        response: { 200: answer('The changed account.', Account), ...refusals },
      },
      async handler(request) {
        const id = request.params.id.toLowerCase();
        const { operator: isOperator } = request.body;
        const { sessions } = await store.change(request, 'setOperator', { id, isOperator, now: now() });
        await revocation.sessions(sessions);
        return get(id);
      },
    }),
    route({
      method: 'DELETE',
      path: '/accounts/:id',
      access,
      schema: {
        tags,
        operationId: 'deleteAccount',
        summary: 'Delete an account (operator)',
        description:
          'Its sessions, their tokens and connections end at once. What the person is a member of stays, without a way to sign in. The last operator stays.',
        params: AccountParams,
        response: { 204: gone, ...refusals },
      },
      async handler(request, reply) {
        const id = request.params.id.toLowerCase();
        const { sessions } = await store.change(request, 'deleteAccount', { id });
        await revocation.sessions(sessions);
        return reply.code(204).send(null);
      },
    }),
  ];
}
