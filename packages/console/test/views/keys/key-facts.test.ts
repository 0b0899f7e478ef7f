/** What is said of keys, and the calls that are shown for them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleCall, isUnused, stateOf } from '../../../src/views/keys/key-facts.ts';
import type { Key } from '../../../src/views/keys/types.ts';

const day = 86_400_000;
const now = Date.parse('2026-11-27T12:00:00Z');
const at = (days: number) => new Date(now + days * day).toISOString();

function keyOf(changes: Partial<Key>): Key {
  return {
    id: 'k',
    name: 'k',
    type: 'prod',
    prefix: 'sk_prod_x',
    default_persona_id: null,
    personas: null,
    expires_at: null,
    allowed_origins: null,
    limits: {},
    end_user_limits: {},
    consumed: {},
    created_at: at(-100),
    last_used_at: null,
    revoked_at: null,
    previous_secret_until: null,
    created_by: null,
    ...changes,
  };
}

test('a key is unused when it was not used for 90 days, and could have been', () => {
  assert.equal(isUnused(keyOf({}), now), true);
  assert.equal(isUnused(keyOf({ created_at: at(-89) }), now), false);
  assert.equal(isUnused(keyOf({ last_used_at: at(-91) }), now), true);
  assert.equal(isUnused(keyOf({ last_used_at: at(-1) }), now), false);
  assert.equal(isUnused(keyOf({ revoked_at: at(-1) }), now), false);
  assert.equal(stateOf(keyOf({ expires_at: at(-1) }), now), 'expired');
  assert.equal(stateOf(keyOf({ expires_at: at(1) }), now), 'usable');
});

test('the call that is shown names a persona where the key has none, of those it is held to', () => {
  const persona = (id: number, hasActive: boolean) => ({
    id,
    name: `P${id}`,
    alias: `p${id}`,
    has_active: hasActive,
  });
  const where = {
    server: 'http://localhost',
    organizationId: 'o',
    personas: [persona(1, false), persona(2, true), persona(3, true)],
  };
  const bodyOf = (changes: Partial<Key>) => /-d '(.*)'/.exec(exampleCall(keyOf(changes), 's', where))?.[1];
  assert.equal(bodyOf({ default_persona_id: 2 }), '{"message":"Hello!"}');
  assert.equal(bodyOf({}), '{"message":"Hello!","persona":"p2"}');
  assert.equal(bodyOf({ personas: [3] }), '{"message":"Hello!","persona":"p3"}');
  // Nothing of what it may use is in production.
  assert.match(
    exampleCall(keyOf({ personas: [1] }), 's', where),
    /\/v1\/models" \\\n {2}-H "Authorization: Bearer s"$/,
  );
  assert.match(exampleCall(keyOf({ type: 'admin' }), 's', where), /\/api\/admin\/organizations\/o"/);
});
