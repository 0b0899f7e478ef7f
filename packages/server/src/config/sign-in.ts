/** How people sign in to the console, from the environment. */
import { isLoopback } from '../domain/text/loopback.ts';
import { trimSlashes } from '../domain/text/trimming.ts';
import type { Reader } from './reader.ts';
import type { ServerVariable } from './variables.ts';

export interface SignInConfig {
  /** Whether people may sign in by a password. */
  readonly takesPasswords: boolean;
  /** The address by which browsers reach the server, without a slash at the end; absent: where a request came to. */
  readonly publicUrl?: string;
  /** The OpenID provider by which people may sign in; absent for none. */
  readonly oidc?: OidcConfig;
}

export interface OidcConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What the button of the sign-in page says. */
  readonly label: string;
  /** The names of the claims that hold organization and role. */
  readonly organizationClaim: string;
  readonly roleClaim: string;
}

export function readSignIn(reader: Reader<ServerVariable>): SignInConfig {
  const oidc = readOidc(reader);
  const takesPasswords = reader.oneOf('PASSWORD_SIGN_IN', ['on', 'off'], 'on') === 'on';
  if (!takesPasswords && oidc === undefined) {
    reader.conflict('PASSWORD_SIGN_IN', 'is off without OIDC_ISSUER', 'on, or off with an OpenID provider');
  }
  const publicUrl = reader.url('PUBLIC_URL', ['http:', 'https:']);
  if (publicUrl !== undefined && /[?#]/.test(publicUrl)) reader.reject('PUBLIC_URL');
  return {
    takesPasswords,
    ...(publicUrl !== undefined && { publicUrl: trimSlashes(publicUrl) }),
    ...(oidc !== undefined && { oidc }),
  };
}

function readOidc(reader: Reader<ServerVariable>): OidcConfig | undefined {
  const names = ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'] as const;
  const given = names.filter((name) => reader.text(name) !== undefined);
  const issuer = reader.url('OIDC_ISSUER', ['http:', 'https:']);
  if (issuer !== undefined && !isIssuer(issuer)) reader.reject('OIDC_ISSUER');
  const clientId = reader.text('OIDC_CLIENT_ID');
  const clientSecret = reader.secret('OIDC_CLIENT_SECRET', /^[ -~]+$/);
  const label = reader.text('OIDC_LABEL') ?? '';
  if (given.length === 0) return undefined;
  for (const name of names) {
    if (given.includes(name)) continue;
    const verb = given.length > 1 ? 'are' : 'is';
    reader.conflict(name, `is not set, but ${given.join(' and ')} ${verb}`, 'all three, or none');
  }
  if (issuer === undefined || clientId === undefined || clientSecret === undefined) return undefined;
  const organizationClaim = reader.text('AUTH_ORG_CLAIM') ?? '';
  const roleClaim = reader.text('AUTH_ROLE_CLAIM') ?? '';
  return { issuer, clientId, clientSecret, label, organizationClaim, roleClaim };
}

/** Without TLS anybody on the way could say who somebody is. */
function isIssuer(text: string): boolean {
  const { protocol, hostname } = new URL(text);
  return (protocol === 'https:' || isLoopback(hostname)) && !/[?#]/.test(text);
}
