/** `/links`: invitations, and links that lead back into an account. */
import {
  type NewLink as LinkToMake,
  linkAddress,
  prepareLink,
  requireLink,
} from '../../auth/accounts/links.ts';
import { invalid } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import { toTime } from '../../domain/text/time.ts';
import { answer } from '../openapi/answers.ts';
import { type Route, route } from '../routing/route.ts';
import { type SignInDependencies, visitorOf } from './dependencies.ts';
import { NewLink, NewLinkBody, refusals, tags } from './schema.ts';

export function linkRoutes({ store, accounts, publicAddress, now }: SignInDependencies): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/links',
      access: 'account',
      schema: {
        tags,
        operationId: 'createSignInLink',
        summary: 'Make a link for somebody',
        description:
          'An invitation is good for 7 days, a `reset` for an hour; each once. Owners and admins invite into their organizations, and lead members back in who belong to no other; operators make every link. A new one takes the place of an earlier one.',
        body: NewLinkBody,
        response: { 201: answer('The link, shown this once.', NewLink), ...refusals },
      },
      async handler(request, reply) {
        const { email, purpose, org_id: given, role = null } = request.body;
        for (const [field, value] of Object.entries({ org_id: given, role })) {
          if (purpose === 'reset' && value != null)
            throw invalid(field, `${field} is for invitations alone`, 'unknown');
        }
        const organizationId = given?.toLowerCase() ?? null;
        if (organizationId === null && role !== null) {
          throw invalid('role', 'role is that of a member: it needs org_id', 'unknown');
        }
        const { account, memberships } = await accounts.profileOf(request.signedIn.accountId);
        const link: LinkToMake = { purpose, email, organizationId, role };
        await requireLink(store, { isOperator: account.isOperator, memberships }, link);
        const { address, requestId } = visitorOf(request);
        const memberId = memberships.find((one) => one.organizationId === organizationId)?.memberId;
        const { args, token, expiresAt } = prepareLink(link, account.id, now());
        await store.execute('createSignInLink', args, {
          id: newId(),
          actor:
            memberId === undefined ? { kind: 'account', id: account.id } : { kind: 'member', id: memberId },
          address,
          requestId,
          organizationId,
          at: now(),
        });
        const url = linkAddress(publicAddress(request), purpose, token);
        return reply.code(201).send({ url, expires_at: toTime(expiresAt) });
      },
    }),
  ];
}
