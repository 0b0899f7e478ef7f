/** The secrets of a server: the current one seals and signs, earlier ones open and verify. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTokenSigner, type TokenClaims } from '../../../src/auth/tokens.ts';
import { newId } from '../../../src/domain/ids.ts';
import { SecretBoxError } from '../../../src/domain/secrets/secret-box.ts';
import { fingerprintOf, SecretRing } from '../../../src/domain/secrets/secret-ring.ts';

const [first, second, third] = ['the first secret', 'the second secret', 'the third secret'] as const;

test('it seals under the current secret and opens what any of them has sealed', () => {
  const before = new SecretRing({ current: first }).seal('key', 'model');
  const ring = new SecretRing({ current: third, previous: [second, first, third] });
  assert.deepEqual(ring.openWhole(before, 'model'), { text: 'key', fingerprint: fingerprintOf(first) });
  const sealed = ring.seal('key', 'model');
  assert.equal(new SecretRing({ current: third }).open(sealed, 'model'), 'key');
  assert.throws(
    () => new SecretRing({ current: second, previous: [first] }).open(sealed, 'model'),
    SecretBoxError,
  );
  assert.throws(() => ring.open(before, 'another model'), SecretBoxError);
  assert.deepEqual(ring.previous, [second, first]);
  assert.deepEqual(ring.fingerprints, [third, second, first].map(fingerprintOf));
});

test('a retired secret opens, and verifies no tokens', async () => {
  const claims: TokenClaims = { kind: 'member', organizationId: newId(), memberId: newId() };
  const secrets = { ring: new SecretRing({ current: first }) };
  const signer = createTokenSigner(secrets, Date.now);
  const sealed = secrets.ring.seal('key', 'model');
  const { token } = await signer.sign(claims, 60);

  secrets.ring = new SecretRing({ current: second, previous: [first] });
  assert.deepEqual(await signer.verify(token), claims);
  const { token: later } = await signer.sign(claims, 60);
  await assert.rejects(
    createTokenSigner({ ring: new SecretRing({ current: first }) }, Date.now).verify(later),
    {
      code: 'unauthenticated',
    },
  );

  secrets.ring = new SecretRing({ current: second, retired: [first] });
  await assert.rejects(signer.verify(token), { code: 'unauthenticated' });
  assert.deepEqual(await signer.verify(later), claims);
  assert.equal(secrets.ring.open(sealed, 'model'), 'key');
});

test('a fingerprint tells secrets apart, shows nothing of them and stays the same', () => {
  assert.equal(fingerprintOf(first), fingerprintOf(first));
  assert.notEqual(fingerprintOf(first), fingerprintOf(`${first} `));
  assert.match(fingerprintOf(first), /^v1\.[\w-]{22}$/);
  // Stored ones have to fit after an upgrade.
  assert.equal(fingerprintOf('sixteen letters!'), 'v1.GvwVpAJ_K4MIgdo0UwhRrw');
});
