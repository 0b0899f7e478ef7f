/** Where the console is; while no operator has an account, with a link that makes one. */
import { linkAddress, makeLink } from '../auth/accounts/links.ts';
import type { Config } from '../config/config.ts';
import { AppError } from '../domain/errors.ts';
import { isLoopback } from '../domain/text/loopback.ts';
import { hasOperator } from '../store/queries/accounts.ts';
import type { Store } from '../store/store.ts';

/**
 * The address by which browsers reach the server, as far as the settings tell, without a slash at the end. This machine is
 * `localhost`, since browsers have passkeys for names alone.
 * @param port the port that the server listens on
 */
export function browserAddress(
  { signIn, host, basePath }: Pick<Config, 'signIn' | 'host' | 'basePath'>,
  port: number,
): string {
  if (signIn.publicUrl !== undefined) return signIn.publicUrl;
  const isHere = isLoopback(host) || host === '0.0.0.0' || host === '::';
  const name = isHere ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}${basePath}`;
}

/** `http://localhost:8080/console`, or `…/console#setup=<token>`, which is good once, for an hour. */
export async function consoleAddress(
  store: Pick<Store, 'reads' | 'execute'>,
  address: string,
  now: number,
): Promise<string> {
  const page = `${address}/console`;
  if (await hasOperator(store.reads)) return page;
  const link = { purpose: 'setup', email: null, organizationId: null, role: null } as const;
  try {
    return linkAddress(address, 'setup', (await makeLink(store, link, now)).token);
  } catch (error) {
    // Another server was set up in this moment.
    if (error instanceof AppError && error.code === 'conflict') return page;
    throw error;
  }
}
