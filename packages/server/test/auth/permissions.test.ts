import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  administeredOrganization,
  isOperator,
  requireAdmin,
  requireApiKey,
  requireKeyOrEndUser,
  requireOperator,
  requireWrite,
} from '../../src/auth/permissions.ts';
import type { Principal } from '../../src/auth/principal.ts';
import { conversationScope, organizationScope } from '../../src/auth/scopes.ts';
import type { Role } from '../../src/domain/organization.ts';

const scope = conversationScope('org', 'prod');
const keyFacts = { scope, secretHash: '', keyId: 'key', personas: null, limits: [], allowedOrigins: null };

function apiKey(keyType: 'test' | 'prod'): Principal {
  return { kind: 'api-key', keyType, defaultPersonaId: null, ...keyFacts };
}
function endUser(keyType: 'test' | 'prod'): Principal {
  return { kind: 'end-user', endUserId: 'user', keyType, personaId: 1, personaVersion: 1, ...keyFacts };
}
function member(role: Role): Principal {
  return { kind: 'member', scope, memberId: 'member', role, limits: [] };
}
const operator: Principal = { kind: 'admin', organization: null, keyId: null, limits: [] };
const adminKey: Principal = {
  kind: 'admin',
  organization: organizationScope('org'),
  keyId: 'key',
  limits: [],
};
const anonymous: Principal = { kind: 'anonymous', scope, limits: [] };

/** The code of the error that a check throws, or `ok` if it throws none. */
function outcome(check: () => unknown): string {
  try {
    check();
    return 'ok';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const everybody: [name: string, principal: Principal, write: string, own: string, other: string][] = [
  ['a prod key', apiKey('prod'), 'ok', 'forbidden', 'forbidden'],
  ['a test key', apiKey('test'), 'ok', 'forbidden', 'forbidden'],
  ['an end user', endUser('prod'), 'ok', 'forbidden', 'forbidden'],
  ['nobody known', anonymous, 'ok', 'forbidden', 'forbidden'],
  ['a guest', member('guest'), 'forbidden', 'forbidden', 'forbidden'],
  ['a member', member('member'), 'ok', 'forbidden', 'forbidden'],
  ['an admin', member('admin'), 'ok', 'ok', 'not_found'],
  ['an owner', member('owner'), 'ok', 'ok', 'not_found'],
  ['an admin key', adminKey, 'forbidden', 'ok', 'not_found'],
  ['the operator', operator, 'forbidden', 'ok', 'ok'],
];

for (const [name, principal, write, own, other] of everybody) {
  test(`${name}: write ${write}, administer the own organization ${own}, another ${other}`, () => {
    assert.equal(
      outcome(() => requireWrite(principal)),
      write,
    );
    assert.equal(
      outcome(() => requireAdmin(principal, 'org')),
      own,
    );
    assert.equal(
      outcome(() => requireAdmin(principal, 'another')),
      other,
    );
    assert.equal(
      outcome(() => requireOperator(principal)),
      isOperator(principal) ? 'ok' : 'forbidden',
    );
  });
}

test('only the operator is the operator', () => {
  assert.deepEqual(
    everybody.filter(([, principal]) => isOperator(principal)).map(([name]) => name),
    ['the operator'],
  );
  assert.equal(administeredOrganization(operator), null);
  assert.deepEqual(administeredOrganization(member('owner')), organizationScope('org'));
});

test('keys and the end users of keys talk to personas, nobody else', () => {
  assert.deepEqual(
    everybody
      .filter(([, principal]) => outcome(() => requireKeyOrEndUser(principal)) === 'ok')
      .map(([name]) => name),
    ['a prod key', 'a test key', 'an end user'],
  );
});

test('only keys ask for tokens', () => {
  assert.equal(
    outcome(() => requireApiKey(apiKey('prod'))),
    'ok',
  );
  assert.equal(
    outcome(() => requireApiKey(endUser('prod'))),
    'forbidden',
  );
});
