/** Sees that a server may listen on an address, before anything is made. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Config } from '../config/config.ts';

/** Nothing can listen there. Its message is one sentence for the operator. */
export class AddressError extends Error {
  /** Whether another try may succeed, since somebody else holds the port or the name service does not answer. */
  readonly mayPass: boolean;

  constructor(message: string, mayPass: boolean, options: { readonly cause: unknown }) {
    super(message, options);
    this.name = 'AddressError';
    this.mayPass = mayPass;
  }
}

/** @throws AddressError */
export async function checkAddress({ host, port }: Pick<Config, 'host' | 'port'>): Promise<void> {
  const server = createServer();
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (error) {
    throw toAddressError(error, { host, port });
  }
  server.close();
  await once(server, 'close');
}

/** Gives other errors back as they are. */
export function toAddressError(cause: unknown, { host, port }: Pick<Config, 'host' | 'port'>): unknown {
  const { code, syscall } = cause as NodeJS.ErrnoException;
  if (syscall !== 'listen' && syscall !== 'getaddrinfo') return cause;
  const because = (sentence: string, mayPass: boolean) => new AddressError(sentence, mayPass, { cause });
  switch (code) {
    case 'EADDRINUSE':
      return because(
        `PORT: something else listens on port ${port} of ${host}; stop it, or set PORT to another port`,
        true,
      );
    case 'EACCES':
    case 'EPERM':
      return because(`PORT: this user may not listen on port ${port}; set PORT to one above 1023`, false);
    case 'EADDRNOTAVAIL':
    case 'EINVAL':
    case 'EAFNOSUPPORT':
      return because(
        `HOST: ${host} is not an address of this machine; set HOST to one that is, or to 0.0.0.0 for all`,
        false,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return because(`HOST: the name ${host} can't be found; set HOST to an address of this machine`, true);
    default:
      return because(`HOST and PORT: ${host}:${port} can't be listened on (${code})`, false);
  }
}
