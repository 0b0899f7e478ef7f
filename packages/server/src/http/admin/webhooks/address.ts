/** Checks the address of a webhook's receiver. */
import { AppError, invalid } from '../../../domain/errors.ts';
import { createAddressGuard } from '../../../network/address-guard.ts';
import { refusalOfHost } from '../../../network/guarded-host.ts';
import type { AdminDependencies } from '../dependencies.ts';

/** @throws AppError invalid_request; forbidden for a private address, unless the operator gives it */
export async function checkReceiver(
  text: string,
  byOperator: boolean,
  { resolve }: Pick<AdminDependencies, 'resolve'>,
): Promise<void> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    (url?.protocol === 'http:' || url?.protocol === 'https:') &&
    url.username === '' &&
    url.password === '' &&
    !/[#\s]/.test(text);
  if (url === undefined || !isPlain) {
    throw invalid('url', 'url must be an http or https address without user and fragment');
  }
  if (byOperator) return;
  if ((await refusalOfHost(url, createAddressGuard({ ports: 'any' }), resolve)) === undefined) return;
  throw new AppError('forbidden', "url is on a private network; only the operator's admin key may set it", {
    field: 'url',
  });
}
