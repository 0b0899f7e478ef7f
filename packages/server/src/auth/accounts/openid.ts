/**
 * Signing in by an OpenID provider: the authorization code flow with PKCE, state and nonce, by the library openid-client,
 * which is loaded and asks the provider what it offers when the first person comes.
 */
import type * as OpenIdClient from 'openid-client';
import type { OidcConfig } from '../../config/sign-in.ts';
import { AppError } from '../../domain/errors.ts';
import { isUuid } from '../../domain/ids.ts';
import type { Role } from '../../domain/organization.ts';
import type { Secrets } from '../../domain/secrets/secret-ring.ts';
import { isLoopback } from '../../domain/text/loopback.ts';
import { readClaim, toRole } from '../identity-provider.ts';

/** Whom the provider says that somebody is. */
export interface OpenIdIdentity {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string | null;
  readonly isEmailVerified: boolean;
  readonly name: string | null;
  readonly membership: { readonly organizationId: string; readonly role: Role } | null;
}

export interface OpenIdProvider {
  readonly label: string;
  /**
   * Where the browser is sent, and what it bears meanwhile.
   * @param redirectUri where the provider sends it back to
   * @throws AppError overloaded while the provider can't be reached
   */
  begin(redirectUri: string): Promise<{ readonly location: string; readonly sealed: string }>;
  /** @param query the query that the provider has sent the browser back with @throws OpenIdFailure */
  complete(sealed: string | undefined, query: URLSearchParams): Promise<OpenIdIdentity>;
}

/** Why nobody was signed in, for the page that tells it. */
export const openIdFailures = ['denied', 'expired', 'failed'] as const;

export class OpenIdFailure extends Error {
  readonly reason: (typeof openIdFailures)[number];

  constructor(reason: OpenIdFailure['reason'], cause?: unknown) {
    super(`signing in by the OpenID provider: ${reason}`, { cause });
    this.name = 'OpenIdFailure';
    this.reason = reason;
  }
}

/** How long somebody may be at the provider. */
export const openIdMinutes = 10;
const timeoutSeconds = 10;
/** After a failure the provider is not asked what it offers for so long. */
const backOffMs = 3000;
/** What the sealed text is sealed for. */
const sealedFor = 'openid sign-in';

interface Pending {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly redirectUri: string;
  /** Epoch milliseconds. */
  readonly begunAt: number;
}

export interface OpenIdOptions {
  readonly config: OidcConfig;
  readonly secrets: Secrets;
  /** Default: the platform's own `fetch`. */
  readonly fetch?: ((url: string, init?: RequestInit) => Promise<Response>) | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export function createOpenIdProvider({ config, secrets, fetch, now }: OpenIdOptions): OpenIdProvider {
  let found: Promise<Client> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  async function client(): Promise<Client> {
    if (found === undefined && now() - failedAt < backOffMs) throw unreachable();
    found ??= discover(config, fetch);
    try {
      return await found;
    } catch (cause) {
      found = undefined;
      failedAt = now();
      throw unreachable(cause);
    }
  }

  function open(sealed: string | undefined): Pending {
    const text = sealed === undefined ? undefined : secrets.ring.openWhole(sealed, sealedFor)?.text;
    const pending = text === undefined ? undefined : (JSON.parse(text) as Pending);
    if (pending === undefined || now() - pending.begunAt > openIdMinutes * 60_000) {
      throw new OpenIdFailure('expired');
    }
    return pending;
  }

  return {
    label: config.label,
    async begin(redirectUri) {
      const { library, configuration } = await client();
      const verifier = library.randomPKCECodeVerifier();
      const [state, nonce] = [library.randomState(), library.randomNonce()];
      const location = library.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        code_challenge: await library.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
      });
      const pending: Pending = { state, nonce, verifier, redirectUri, begunAt: now() };
      const sealed = secrets.ring.seal(JSON.stringify(pending), sealedFor);
      return { location: location.href, sealed };
    },
    async complete(sealed, query) {
      const { state, nonce, verifier, redirectUri } = open(sealed);
      const { library, configuration } = await client();
      try {
        const tokens = await library.authorizationCodeGrant(
          configuration,
          new URL(`${redirectUri}?${query}`),
          { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
        );
        return toIdentity(await claimsOf(library, configuration, tokens), config);
      } catch (error) {
        if (error instanceof library.AuthorizationResponseError) throw new OpenIdFailure('denied', error);
        throw new OpenIdFailure('failed', error);
      }
    },
  };
}

interface Client {
  readonly library: typeof OpenIdClient;
  readonly configuration: OpenIdClient.Configuration;
}

async function discover(
  { issuer, clientId, clientSecret }: OidcConfig,
  fetch: OpenIdOptions['fetch'],
): Promise<Client> {
  const library = await import('openid-client');
  const server = new URL(issuer);
  const configuration = await library.discovery(server, clientId, clientSecret, undefined, {
    timeout: timeoutSeconds,
    // The settings let plain HTTP be for this machine alone.
    execute: isLoopback(server.hostname) ? [library.allowInsecureRequests] : [],
    ...(fetch !== undefined && {
      [library.customFetch]: (url, init) => fetch(url, init as RequestInit),
    }),
  });
  return { library, configuration };
}

function unreachable(cause?: unknown): AppError {
  return new AppError(
    'overloaded',
    'the OpenID provider can’t be reached; try again shortly',
    { retry_after_seconds: backOffMs / 1000 },
    { cause },
  );
}

type Claims = Readonly<Record<string, unknown>> & { readonly iss: string; readonly sub: string };

/** Of the ID token; where it leaves out the address, of the user info too. */
async function claimsOf(
  library: typeof OpenIdClient,
  configuration: OpenIdClient.Configuration,
  tokens: OpenIdClient.TokenEndpointResponse & OpenIdClient.TokenEndpointResponseHelpers,
): Promise<Claims> {
  const claims = tokens.claims();
  if (claims === undefined) throw new Error('the provider has sent no ID token');
  const hasUserInfo = configuration.serverMetadata().userinfo_endpoint !== undefined;
  if (claims.email !== undefined || !hasUserInfo) return claims;
  const more = await library.fetchUserInfo(configuration, tokens.access_token, claims.sub);
  return { ...more, ...claims };
}

const mostCharacters = 255;

function toIdentity(claims: Claims, { organizationClaim, roleClaim }: OidcConfig): OpenIdIdentity {
  const { iss, sub, email, email_verified: isEmailVerified, name } = claims;
  const organizationId = readClaim(claims, organizationClaim);
  const isOrganization = typeof organizationId === 'string' && isUuid(organizationId);
  return {
    issuer: iss,
    subject: sub,
    email: typeof email === 'string' && isAddress(email) ? email.toLowerCase() : null,
    // Some write it as a text.
    isEmailVerified: isEmailVerified === true || isEmailVerified === 'true',
    name: typeof name === 'string' && name.trim() !== '' ? name.trim().slice(0, mostCharacters) : null,
    membership: isOrganization
      ? { organizationId: organizationId.toLowerCase(), role: toRole(readClaim(claims, roleClaim)) }
      : null,
  };
}

function isAddress(text: string): boolean {
  return text.length <= 254 && /^[^\s@]+@[^\s@]+$/.test(text);
}
