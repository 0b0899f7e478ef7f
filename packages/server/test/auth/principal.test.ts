/** The names of credentials, under which idempotency keys are kept apart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { credentialName } from '../../src/auth/principal.ts';
import { conversationScope } from '../../src/auth/scopes.ts';

test('a member of two organizations is another caller in each', () => {
  const memberOf = (organizationId: string) =>
    credentialName({
      kind: 'member',
      scope: conversationScope(organizationId, 'prod'),
      memberId: 'idp:ada|42',
      role: 'member',
      limits: [],
    });
  assert.notEqual(memberOf('a'), memberOf('b'));
  assert.equal(memberOf('a'), memberOf('a'));
});
