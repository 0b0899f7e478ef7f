/** How often somebody may try to sign in. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTries, networkOf } from '../../../src/http/sign-in/tries.ts';
import { createProcessLimiter } from '../../../src/limits/limiter.ts';

describe('tries to sign in', () => {
  const start = () => {
    const clock = { now: 1_000_000 };
    return { clock, tries: createTries(createProcessLimiter(() => clock.now)) };
  };
  const limited = { code: 'rate_limited' };

  test('ten wrong ones a minute for an account, wherever they come from', async () => {
    const { clock, tries } = start();
    for (let n = 0; n < 10; n += 1) await tries.begin('ada@example.com', `192.0.2.${n}`);
    await assert.rejects(
      tries.begin('ada@example.com', '192.0.2.99'),
      (error: Error & { details: object }) => {
        assert.match(error.message, /^too many tries to sign in; try again in 6 s$/);
        assert.deepEqual(error.details, { retry_after_seconds: 6 });
        return true;
      },
    );
    await tries.begin('ben@example.com', '192.0.2.99');
    clock.now += 6000;
    await tries.begin('ada@example.com', '192.0.2.99');
    await assert.rejects(tries.begin('ada@example.com', '192.0.2.99'), limited);
  });

  test('thirty of a network, whatever the account', async () => {
    const { tries } = start();
    for (let n = 0; n < 30; n += 1) await tries.begin(`user${n}@example.com`, `2001:db8:1:2::${n + 1}`);
    await assert.rejects(tries.begin('other@example.com', '2001:db8:1:2:ffff::1'), limited);
    await assert.rejects(tries.begin(null, '2001:db8:1:2::'), limited);
    await tries.begin('other@example.com', '2001:db8:1:3::1');
  });

  test('right ones do not count, and what is refused takes nothing', async () => {
    const { tries } = start();
    for (let n = 0; n < 100; n += 1) (await tries.begin('ada@example.com', '192.0.2.1')).wasRight();
    for (let n = 0; n < 10; n += 1) await tries.begin('ada@example.com', '192.0.2.1');
    for (let n = 0; n < 40; n += 1)
      await assert.rejects(tries.begin('ada@example.com', '192.0.2.1'), limited);
    await tries.begin('ben@example.com', '192.0.2.1');
  });

  test('networks', () => {
    for (const [address, network] of [
      ['192.0.2.1', '192.0.2.1'],
      ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
      ['2001:0db8:0001:0002::1', '2001:db8:1:2::'],
      ['2001:db8::1', '2001:db8:0:0::'],
      ['::1', '0:0:0:0::'],
      ['fe80::1%eth0', 'fe80:0:0:0::'],
    ]) {
      assert.equal(networkOf(address ?? ''), network);
    }
  });
});
