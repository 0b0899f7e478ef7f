/** `@colloquy/client` for the member who is signed in: one for each organization and environment. */
import { Colloquy } from '@colloquy/client';
import type { Api } from './api.ts';
import { basePath } from './request.ts';

const clients = new WeakMap<Api, Colloquy>();

export function memberClient(api: Api): Colloquy {
  const known = clients.get(api);
  if (known !== undefined) return known;
  const client = new Colloquy({
    baseUrl: location.origin + basePath,
    organization: api.organization.id,
    environment: api.environment,
    // The console's session keeps and renews the token; the client asks for it before each call.
    token: async () => ({ token: await api.memberToken(), expires_at: 0 }),
  });
  clients.set(api, client);
  return client;
}
