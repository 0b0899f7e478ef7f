/** What operators are told of a provider's failure has no key and no word of a conversation in it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ModelError } from '../../../src/models/model-error.ts';
import {
  endedEarly,
  errorFromFields,
  errorFromStatus,
  errorFromUnexpectedBody,
  malformed,
  quote,
  type Upstream,
} from '../../../src/models/upstream/upstream-error.ts';

const upstream: Upstream = { provider: 'acme', apiKey: 'sk-secret-0123456789' };
/** A part of what somebody has written. */
const secret = 'my diagnosis is ataxia';
const bodyOf = (error: object) => JSON.stringify({ error });
const quoting = bodyOf({
  message: `can't take: ${secret}`,
  type: 'invalid_request_error',
  code: 'bad_input',
});

describe('what may quote a conversation is left out', () => {
  const cases: Readonly<Record<string, [ModelError, shown: string]>> = {
    'a prompt that is refused': [
      errorFromStatus(upstream, 400, {}, quoting),
      'the provider acme answered 400 (bad_input)',
    ],
    'one that is moderated': [
      errorFromStatus(upstream, 403, {}, quoting),
      'the provider acme answered 403 (bad_input)',
    ],
    'a template that fails': [errorFromStatus(upstream, 500, {}, secret), 'the provider acme answered 500'],
    'one that is too long': [
      errorFromStatus(upstream, 400, {}, bodyOf({ message: secret, code: 'context_length_exceeded' })),
      'the conversation is too long for the model of acme (context_length_exceeded)',
    ],
    'an error in a stream': [
      errorFromFields(upstream, { message: secret, type: 'server_error' }),
      'the provider acme reported an error (server_error)',
    ],
    'a code that is a text': [
      errorFromStatus(upstream, 422, {}, bodyOf({ message: 'no', code: secret, type: 'x'.repeat(100) })),
      'the provider acme answered 422',
    ],
    'a text in place of an answer': [
      errorFromUnexpectedBody(upstream, 'text/plain', secret),
      'the provider acme answered with text/plain instead of an event stream',
    ],
    'a stream that breaks off': [
      endedEarly(upstream, secret),
      'the provider acme broke off before the end of its answer',
    ],
    'an event that is none': [
      malformed(upstream, 'an event that is not JSON', undefined, quote(upstream, secret)),
      'the provider acme sent an event that is not JSON',
    ],
  };
  for (const [name, [error, shown]] of Object.entries(cases)) {
    test(name, () => {
      assert.equal(error.discreet, shown);
      // Who may read the conversation reads all of it.
      if (name !== 'a code that is a text') assert.ok(error.message.includes(secret), error.message);
    });
  }
});

describe('what a provider says of the key, of limits and of itself is told', () => {
  for (const [status, said] of [
    [401, 'Incorrect API key provided'],
    [429, 'You exceeded your current quota, please check your plan and billing details.'],
    [503, 'The model is overloaded'],
    [529, 'Overloaded'],
  ] as const) {
    test(String(status), () => {
      const error = errorFromStatus(upstream, status, {}, bodyOf({ message: said }));
      assert.ok(error.discreet.endsWith(`: ${said}`), error.discreet);
      assert.equal(error.discreet, error.message);
    });
  }

  test('without the key, and bounded', () => {
    const long = `Bad key ${upstream.apiKey} `.repeat(1000);
    const { discreet } = errorFromStatus(upstream, 401, {}, bodyOf({ message: long }));
    assert.ok(!discreet.includes('sk-secret'));
    assert.ok(discreet.length < 500, String(discreet.length));
  });
});

test('our own words are told as they are', () => {
  const error = new ModelError('provider_timeout', 'the provider acme said nothing within 5 ms', {
    retryable: true,
  });
  assert.equal(error.discreet, error.message);
});
