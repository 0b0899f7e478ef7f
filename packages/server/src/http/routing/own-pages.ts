/**
 * Requests that bear the cookie of the console, or get it: they come from pages of this server alone. Browsers say so in
 * `Sec-Fetch-Site`, old ones, and those that reach it by plain HTTP, in `Origin`; no page can change either.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hashOfSecret } from '../../auth/accounts/bearer-secret.ts';
import { sessionLifetimeMs } from '../../domain/accounts/account.ts';
import { AppError } from '../../domain/errors.ts';
import { isThisMachine } from '../../domain/text/loopback.ts';
import { wrongMediaType } from '../answer/errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether other sites lead a browser here, as an OpenID provider does. The route then checks what it is sent itself. */
    isLedTo?: boolean | undefined;
  }
}

const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * @throws AppError forbidden for a request that a page of another site may have caused, invalid_request for a body that is
 *   not JSON, which a form of another site could send
 */
export function requireOwnPage(request: FastifyRequest): void {
  const { method, headers, routeOptions } = request;
  if (routeOptions.config.isLedTo === true) return;
  const site = headers['sec-fetch-site'];
  if (readingMethods.has(method)) {
    if (site === undefined || site === 'same-origin' || site === 'none') return;
    throw foreign();
  }
  if (site === undefined ? !isOwnOrigin(request) : site !== 'same-origin') throw foreign();
  if (!/^application\/json *(?:;|$)/i.test(headers['content-type'] ?? '')) throw wrongMediaType();
}

function foreign(): AppError {
  return new AppError('forbidden', 'this is for pages of this server alone, not for other websites');
}

function isOwnOrigin({ headers: { origin }, host, protocol }: FastifyRequest): boolean {
  const from = origin === undefined ? null : URL.parse(origin);
  // What is known to be reached by HTTPS has no page that came by plain HTTP.
  if (from === null || (protocol === 'https' && from.protocol !== 'https:')) return false;
  return URL.parse(`${from.protocol}//${host}`)?.host === from.host;
}

/**
 * Whether the browser talks to us by HTTPS. A proxy that is not among TRUSTED_PROXIES can't tell; but browsers send
 * `Sec-Fetch-Site` by HTTPS and to this machine only.
 */
export function isSecure({ protocol, headers, hostname }: FastifyRequest): boolean {
  if (protocol === 'https' || headers.origin?.startsWith('https://') === true) return true;
  return headers['sec-fetch-site'] !== undefined && !isThisMachine(hostname);
}

const names = { secure: '__Host-colloquy', plain: 'colloquy' } as const;

/** What the browser bears: by HTTPS only a cookie that nothing but this very host can have set. */
export function sessionSecret(request: FastifyRequest): string | undefined {
  const secure = cookieOf(request, names.secure);
  return secure ?? (isSecure(request) ? undefined : cookieOf(request, names.plain));
}

/** The hash of what the browser bears, whatever it is worth. */
export function bornHash(request: FastifyRequest): string | null {
  const secret = sessionSecret(request);
  return secret === undefined ? null : (hashOfSecret(secret) ?? null);
}

export function giveSession(reply: FastifyReply, secret: string): void {
  setCookie(reply, isSecure(reply.request) ? names.secure : names.plain, secret, sessionLifetimeMs / 1000);
}

/** Takes the cookie away, in whichever way it was given. */
export function takeSession(reply: FastifyReply): void {
  if (isSecure(reply.request)) setCookie(reply, names.secure, '', 0);
  setCookie(reply, names.plain, '', 0);
}

/** The name of the cookie that a browser bears while it signs in by something else than a password. */
export function pendingCookie(request: FastifyRequest, way: 'oidc' | 'passkey'): string {
  return isSecure(request) ? `__Host-colloquy-${way}` : `colloquy-${way}`;
}

/** A cookie of this host alone, which no script reads and which no other site's request but a link bears. */
export function setCookie(reply: FastifyReply, name: string, value: string, maxAgeSeconds: number): void {
  const secure = name.startsWith('__Host-') ? '; Secure' : '';
  const cookie = `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${maxAgeSeconds}${secure}`;
  // Fastify adds to those that are set already.
  reply.header('Set-Cookie', cookie);
}

/** A cookie's value; undefined where there is none, or several, of which another host may have set one. */
export function cookieOf({ headers: { cookie = '' } }: FastifyRequest, name: string): string | undefined {
  const values = cookie
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`));
  const [first, ...others] = values;
  return first === undefined || others.length > 0 ? undefined : first.slice(name.length + 1);
}
