/** Bounds tries to sign in: wrong ones for an account, and for a network that they come from. */
import { hash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Tries } from '../../auth/accounts/entrance.ts';
import { AppError } from '../../domain/errors.ts';
import type { SubjectLimits } from '../../domain/limits/limits.ts';
import type { Limiter } from '../../limits/limiter.ts';

/** Wrong tries a minute. They come back one by one. */
const mostOfAccount = 10;
const mostOfNetwork = 30;

/** They are counted beside end users, whose ids never look like this. */
function subject(kind: 'account' | 'network', name: string, perMinute: number): SubjectLimits {
  const id = `sign-in:${kind}:${hash('sha256', name)}`;
  return { subject: 'end_user', id, limits: { requests_per_minute: perMinute } };
}

/** A network that one person is likely to have: `192.0.2.1`, `2001:db8:1:2::`. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - groups.length - after.length;
  const all = [...groups, ...Array<string>(Math.max(0, zeros)).fill('0'), ...after];
  const first = all.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${first.join(':')}::`;
}

export function createTries(limiter: Pick<Limiter, 'take'>): Tries {
  return {
    async begin(email, address) {
      const subjects = [
        ...(email === null ? [] : [subject('account', email, mostOfAccount)]),
        ...(address === null ? [] : [subject('network', networkOf(address), mostOfNetwork)]),
      ];
      try {
        const taken = await limiter.take(subjects, { requests_per_minute: 1 });
        return { wasRight: () => taken.refund() };
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'rate_limited') throw error;
        const { retry_after_seconds: seconds = 1 } = error.details;
        throw new AppError('rate_limited', `too many tries to sign in; try again in ${seconds} s`, {
          retry_after_seconds: seconds,
        });
      }
    },
  };
}
