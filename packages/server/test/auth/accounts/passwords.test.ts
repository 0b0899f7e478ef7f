/** How passwords are stored and compared. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createPasswords } from '../../../src/auth/accounts/passwords.ts';

describe('passwords', () => {
  const passwords = createPasswords();

  test('a hash names argon2id and its parameters, and is another one each time', async () => {
    const [one, other] = [
      await passwords.hash('open sesame, please'),
      await passwords.hash('open sesame, please'),
    ];
    assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    assert.notEqual(one, other);
    assert.equal(await passwords.verify('open sesame, please', one), true);
    assert.equal(await passwords.verify('open sesame, pleasf', one), false);
  });

  test('a hash of other parameters is compared by its own', async () => {
    // Made by the reference implementation: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 24
    const reference =
      '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    assert.equal(await passwords.verify('password', reference), true);
    assert.equal(await passwords.verify('passwords', reference), false);
  });

  test('a password is the same however its characters are composed', async () => {
    const hash = await passwords.hash('caf\u00e9 au lait, toujours');
    assert.equal(await passwords.verify('cafe\u0301 au lait, toujours', hash), true);
  });

  test('no hash, and one that can’t be read, are as much work and always wrong', async () => {
    for (const hash of [null, '', 'plain', '$argon2i$v=19$m=1,t=1,p=1$AA$AA']) {
      const before = passwords.derived;
      assert.equal(await passwords.verify('anything', hash), false);
      assert.equal(passwords.derived - before, 1);
    }
  });

  test('two at a time; when too many wait, the next is refused', async () => {
    const crowded = createPasswords();
    const all = Array.from({ length: 40 }, () =>
      crowded.verify('anything', null).catch((error: { code: string }) => error.code),
    );
    const results = await Promise.all(all);
    assert.equal(results.filter((result) => result === 'overloaded').length, 8);
    assert.equal(crowded.derived, 32);
    assert.equal(await crowded.verify('anything', null), false);
  });
});
