/**
 * The matrix of what the console signs in with: none of the callers' credentials is worth anything there, and nothing is
 * changed but for pages of the server itself.
 */
import { at, open, type Row, talk } from './row.ts';

const id = '019ab1c2-7d3e-7c4f-9a10-5b6c7d8e9f01';

const changed = (path: string, body?: object): Row =>
  talk(open(403), () => ({ path: `/api/console${path}`, ...(body !== undefined && { body }) }));
const own = (path: string): Row => talk(open(401), at(`/api/console${path}`));

export function signingInRows(): Readonly<Record<string, Row>> {
  const token = 'x'.repeat(43);
  const person = { name: 'Mallory', email: 'mallory@a.example', password: 'of many characters' };
  const passkey = { id: 'AAAA', rawId: 'AAAA', type: 'public-key', response: {} };
  return {
    'GET /api/console/options': talk(open(), at('/api/console/options')),
    'POST /api/console/setup': changed('/setup', { token, ...person }),
    'POST /api/console/sign-in': changed('/sign-in', { email: person.email, password: person.password }),
    'POST /api/console/link': changed('/link', { token }),
    'POST /api/console/link/look': changed('/link/look', { token }),
    'POST /api/console/sign-out': changed('/sign-out'),
    // The servers of the matrix have no OpenID provider.
    'GET /api/console/oidc/start': talk(open(404), at('/api/console/oidc/start')),
    'GET /api/console/oidc/callback': talk(open(404), at('/api/console/oidc/callback?code=x&state=y')),
    'POST /api/console/passkey-sign-in/options': changed('/passkey-sign-in/options'),
    'POST /api/console/passkey-sign-in': changed('/passkey-sign-in', { credential: passkey }),
    'GET /api/console/passkeys': own('/passkeys'),
    'POST /api/console/passkeys/options': changed('/passkeys/options', {}),
    'POST /api/console/passkeys': changed('/passkeys', { name: 'Phone', credential: passkey }),
    'PATCH /api/console/passkeys/:id': changed(`/passkeys/${id}`, { name: 'Phone' }),
    'DELETE /api/console/passkeys/:id': changed(`/passkeys/${id}`),
    'GET /api/console/me': own('/me'),
    'PATCH /api/console/me': changed('/me', { name: 'Mallory' }),
    'GET /api/console/sessions': own('/sessions'),
    'DELETE /api/console/sessions/:id': changed(`/sessions/${id}`),
    'POST /api/console/token': changed('/token', { operator: true }),
    'POST /api/console/links': changed('/links', { email: person.email, purpose: 'invite' }),
  };
}
