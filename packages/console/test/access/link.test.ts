/** The links with which the console is opened. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLink, parseSignInError } from '../../src/access/link.ts';

test('a fragment is a link, or nothing', () => {
  assert.deepEqual(parseLink('#setup=aB3_-x'), { purpose: 'setup', token: 'aB3_-x' });
  assert.deepEqual(parseLink('#link=abc'), { purpose: 'link', token: 'abc' });
  for (const other of ['', '#', '#setup=', '#setup=a b', '#other=abc', 'setup=abc', '#link=<b>']) {
    assert.equal(parseLink(other), undefined, other);
  }
});

test('a fragment says why nobody was signed in', () => {
  assert.equal(parseSignInError('#sign-in-error=denied'), 'denied');
  assert.equal(parseSignInError('#sign-in-error=news'), 'failed');
  for (const other of ['', '#sign-in-error=', '#sign-in-error=a b', '#link=denied']) {
    assert.equal(parseSignInError(other), undefined, other);
  }
});
