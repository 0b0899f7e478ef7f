/** The variables of signing in to the console. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalog } from '../../src/catalog.ts';
import { parseConfig } from '../../src/config/config.ts';
import { formatProblems } from '../../src/config/problems.ts';

const oidc = {
  OIDC_ISSUER: 'https://login.example.com/realms/acme',
  OIDC_CLIENT_ID: 'colloquy',
  OIDC_CLIENT_SECRET: 'a secret of the provider',
};

function signInOf(environment: Record<string, string>) {
  const { config, problems } = parseConfig(environment, catalog);
  assert.deepEqual(problems, undefined);
  return config?.signIn;
}

function problemsOf(environment: Record<string, string>): string {
  const { problems } = parseConfig(environment, catalog);
  return formatProblems(problems ?? assert.fail('there are problems'));
}

test('an OpenID provider, and what is set besides', () => {
  assert.deepEqual(signInOf({}), { takesPasswords: true });
  const provider = {
    issuer: oidc.OIDC_ISSUER,
    clientId: 'colloquy',
    clientSecret: oidc.OIDC_CLIENT_SECRET,
    label: 'Single sign-on',
    organizationClaim: 'org_id',
    roleClaim: 'role',
  };
  assert.deepEqual(signInOf(oidc), { takesPasswords: true, oidc: provider });
  const more = {
    PASSWORD_SIGN_IN: 'off',
    OIDC_LABEL: 'Acme',
    AUTH_ORG_CLAIM: 'org',
    AUTH_ROLE_CLAIM: 'groups',
  };
  assert.deepEqual(signInOf({ ...oidc, ...more, PUBLIC_URL: 'https://example.com/chat/' }), {
    takesPasswords: false,
    publicUrl: 'https://example.com/chat',
    oidc: { ...provider, label: 'Acme', organizationClaim: 'org', roleClaim: 'groups' },
  });
  const here = { ...oidc, OIDC_ISSUER: 'http://127.0.0.1:8081' };
  assert.equal(signInOf(here)?.oidc?.issuer, 'http://127.0.0.1:8081');
});

test('what is wrong is named, and the secret is not shown', () => {
  for (const [environment, expected] of [
    [
      { OIDC_ISSUER: oidc.OIDC_ISSUER },
      /OIDC_CLIENT_ID: is not set, but OIDC_ISSUER is[\s\S]*OIDC_CLIENT_SECRET/,
    ],
    [{ ...oidc, OIDC_ISSUER: 'http://login.example.com' }, /OIDC_ISSUER: holds .* https:\/\//],
    [{ ...oidc, OIDC_ISSUER: 'https://login.example.com/?x=1' }, /OIDC_ISSUER: holds/],
    [{ PASSWORD_SIGN_IN: 'off' }, /PASSWORD_SIGN_IN: is off without OIDC_ISSUER/],
    [{ PASSWORD_SIGN_IN: 'no' }, /PASSWORD_SIGN_IN: holds "no"/],
    [{ PUBLIC_URL: 'example.com' }, /PUBLIC_URL: holds/],
    [{ PUBLIC_URL: 'https://example.com/?a' }, /PUBLIC_URL: holds/],
  ] as const) {
    assert.match(problemsOf(environment), expected);
  }
  const secret = 'not\u007fvisible, but secret';
  assert.ok(!problemsOf({ ...oidc, OIDC_CLIENT_SECRET: secret }).includes('but secret'));
});
