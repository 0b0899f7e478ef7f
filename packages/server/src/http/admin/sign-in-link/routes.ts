/** `/sign-in-link`: the operator's way to let somebody in. */
import { linkAddress, prepareLink } from '../../../auth/accounts/links.ts';
import { toTime } from '../../../domain/text/time.ts';
import { hasOperator } from '../../../store/queries/accounts.ts';
import { answer } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { refusals, tags } from '../schema.ts';
import { OperatorLink, OperatorLinkBody } from './schema.ts';

export function signInLinkRoutes({ store, publicAddress, now }: AdminDependencies): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/sign-in-link',
      access: 'operator',
      schema: {
        tags,
        operationId: 'createOperatorLink',
        summary: 'Let somebody in to the console (operator)',
        description:
          'A link that leads back into the account of an e-mail address. While no operator has an account, it makes one. It is good for an hour, once.',
        body: OperatorLinkBody,
        response: { 201: answer('The link, shown this once.', OperatorLink), ...refusals },
      },
      async handler(request, reply) {
        const { email } = request.body;
        const isSetUp = await hasOperator(store.reads);
        const purpose = isSetUp ? 'reset' : 'setup';
        const link = { purpose, email: isSetUp ? email : null, organizationId: null, role: null } as const;
        const { args, token, expiresAt } = prepareLink(
          link,
          request.caller.session?.accountId ?? null,
          now(),
        );
        await store.change(request, 'createSignInLink', args);
        const url = linkAddress(publicAddress(request), purpose, token);
        return reply.code(201).send({ url, purpose, expires_at: toTime(expiresAt) });
      },
    }),
  ];
}
