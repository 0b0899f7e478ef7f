/** An OpenID provider for tests: the package `oidc-provider`, at which everybody whom a test names signs in at once. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const clientId = 'colloquy';
export const clientSecret = 'a secret of the tests, long enough';

/** What the provider says of a person, besides `sub`. */
export type Claims = Readonly<Record<string, unknown>>;

export interface TestOpenIdProvider extends AsyncDisposable {
  readonly issuer: string;
  readonly people: Map<string, Claims>;
  /** Tells it of the server, which needs the issuer before. */
  knows(redirectUri: string): Promise<void>;
  /**
   * Goes where a server has sent the browser, signs in there, and gives where the browser is sent back to. Undefined: the
   * person does not sign in.
   */
  visit(location: string, person: string | undefined): Promise<URL>;
}

/** The part of the package that is used here; it has no types. */
interface Provider {
  callback(): (request: IncomingMessage, response: ServerResponse) => void;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
}
interface Grant {
  addOIDCScope(scope: string): void;
  save(): Promise<string>;
}
interface Context {
  readonly oidc: {
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string };
    readonly provider: { readonly Grant: new (of: object) => Grant };
  };
}

export async function startOpenIdProvider(): Promise<TestOpenIdProvider> {
  const people = new Map<string, Claims>();
  let provider: Provider | undefined;
  const server = createServer((request, response) => {
    if (provider === undefined) response.writeHead(503).end();
    else if (request.url?.startsWith('/interaction/') === true) {
      const person = new URL(request.url, 'http://x').searchParams.get('person');
      const result =
        person === null
          ? { error: 'access_denied', error_description: 'the person went away' }
          : { login: { accountId: person } };
      provider.interactionFinished(request, response, result).catch((error: unknown) => {
        response.writeHead(500).end(String(error));
      });
    } else provider.callback()(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    issuer,
    people,
    async knows(redirectUri) {
      const name: string = 'oidc-provider';
      const { default: Made } = (await import(name)) as {
        readonly default: new (issuer: string, options: object) => Provider;
      };
      provider = new Made(issuer, {
        clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
        claims: {
          openid: ['sub', 'org_id', 'role'],
          email: ['email', 'email_verified'],
          profile: ['name'],
        },
        cookies: { keys: ['a key of the tests'] },
        features: { devInteractions: { enabled: false } },
        interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
        pkce: { required: () => true },
        findAccount: (_context: unknown, sub: string) => ({
          accountId: sub,
          claims: async () => ({ sub, ...people.get(sub) }),
        }),
        async loadExistingGrant({ oidc }: Context) {
          const { client, session } = oidc;
          const grant = new oidc.provider.Grant({
            clientId: client.clientId,
            accountId: session.accountId,
          });
          grant.addOIDCScope('openid email profile');
          await grant.save();
          return grant;
        },
      });
    },
    async visit(location, person) {
      const cookies = new Map<string, string>();
      let url = new URL(location);
      while (url.origin === issuer) {
        if (url.pathname.startsWith('/interaction/') && person !== undefined)
          url.searchParams.set('person', person);
        const response = await fetch(url, {
          redirect: 'manual',
          headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
        });
        for (const cookie of response.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
          cookies.set(name, value);
        }
        const next = response.headers.get('location');
        if (next === null) throw new Error(`${url}: ${response.status} ${await response.text()}`);
        url = new URL(next, url);
      }
      return url;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
