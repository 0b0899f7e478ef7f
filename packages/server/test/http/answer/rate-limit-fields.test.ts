/** The fields of the draft, as strings. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitNames, type SubjectLimits } from '../../../src/domain/limits/limits.ts';
import { rateLimitFields, shownLimits } from '../../../src/http/answer/rate-limit-fields.ts';

const key: SubjectLimits = {
  subject: 'key',
  id: 'k',
  limits: { requests_per_minute: 60, viewers: 5, budget_per_month: 0.25 },
};
const organization: SubjectLimits = { subject: 'organization', id: 'o', limits: { tokens_per_day: 1000 } };

test('a policy for each limit of each subject, and where those stand that are known', () => {
  const states = [
    { subject: 'key', id: 'k', name: 'requests_per_minute', limit: 60, used: 48, moreInSeconds: 1 },
    { subject: 'key', id: 'k', name: 'viewers', limit: 5, used: 1, moreInSeconds: undefined },
    { subject: 'key', id: 'k', name: 'budget_per_month', limit: 0.25, used: 0.15, moreInSeconds: 90 },
  ] as const;
  assert.deepEqual(rateLimitFields([key, organization], states), {
    'RateLimit-Policy':
      '"key.requests_per_minute";q=60;w=60, "key.viewers";q=5;qu="concurrent-requests", ' +
      '"key.budget_per_month";q=250000;qu="micros", "organization.tokens_per_day";q=1000;qu="tokens";w=86400',
    RateLimit: '"key.requests_per_minute";r=12;t=1, "key.viewers";r=4, "key.budget_per_month";r=100000;t=90',
  });
});

test('what refused has nothing left until Retry-After, and is shown to whoever is refused', () => {
  const states = [
    { subject: 'key', id: 'k', name: 'requests_per_minute', limit: 60, used: 48, moreInSeconds: 1 },
  ] as const;
  const own = rateLimitFields([key], states, {
    limit: { name: 'requests_per_minute', subject: 'key' },
    retryAfterSeconds: 7,
  });
  assert.equal(own.RateLimit, '"key.requests_per_minute";r=0;t=7');
  const others = rateLimitFields(
    [],
    [],
    { limit: { name: 'tokens_per_day', subject: 'organization' }, retryAfterSeconds: 7 },
    [key, organization],
  );
  assert.deepEqual(others, {
    'RateLimit-Policy': '"organization.tokens_per_day";q=1000;qu="tokens";w=86400',
    RateLimit: '"organization.tokens_per_day";r=0;t=7',
  });
  const session = rateLimitFields([], [], {
    limit: { name: 'queued_turns', subject: 'session' },
    retryAfterSeconds: 5,
  });
  assert.equal(session['RateLimit-Policy'], '"session.queued_turns";q=20;qu="concurrent-requests"');
});

test('all values are integers, whatever the limit', () => {
  for (const name of limitNames) {
    const held = { subject: 'key', id: 'k', limits: { [name]: 3.7 } } as const;
    const states = [{ subject: 'key', id: 'k', name, limit: 3.7, used: 2.5, moreInSeconds: 4 }] as const;
    const fields = rateLimitFields([held], states);
    assert.match(
      fields['RateLimit-Policy'] ?? '',
      /^"key\.[a-z_]+";q=[1-9]\d*(;qu="[a-z-]+")?(;w=[1-9]\d*)?$/,
    );
    assert.match(fields.RateLimit ?? '', /^"key\.[a-z_]+";r=\d+;t=4$/);
  }
});

test('nothing for who has no limits, and for end users their own', () => {
  assert.deepEqual(rateLimitFields([], []), {});
  const user: SubjectLimits = { subject: 'end_user', id: 'u', limits: { viewers: 20 } };
  const caller = { kind: 'end-user', limits: [user, key, organization] };
  assert.deepEqual(shownLimits(caller as never), [user]);
  assert.deepEqual(shownLimits({ ...caller, kind: 'api-key' } as never), caller.limits);
  assert.deepEqual(shownLimits(undefined), []);
});
