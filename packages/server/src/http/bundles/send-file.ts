/** Sends a file of a bundle for browsers, compressed where the browser takes that. */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BundleFiles } from '../../bundles/files.ts';
import { AppError } from '../../domain/errors.ts';

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  map: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  webmanifest: 'application/manifest+json; charset=utf-8',
};

export const htmlType = 'text/html; charset=utf-8';

/** Files whose name holds a hash of what is in them never change. */
export const immutable = 'public, max-age=31536000, immutable';

/**
 * @param cacheControl default: for ever, as is right for names that hold a hash
 * @throws AppError where there is no such file
 */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  files: BundleFiles,
  path: string,
  cacheControl = immutable,
): Promise<FastifyReply> {
  const file = await files.read(path, acceptedEncodings(request));
  if (file === undefined) throw new AppError('not_found', `there is no ${path.slice(0, 200)} here`);
  const etag = `"${createHash('sha256').update(file.bytes).digest('base64url').slice(0, 22)}"`;
  reply.header('ETag', etag).header('Vary', 'Accept-Encoding').header('Cache-Control', cacheControl);
  if (namesTag(request, etag)) return reply.code(304).send();
  if (file.encoding !== undefined) reply.header('Content-Encoding', file.encoding);
  return reply
    .type(types[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream')
    .send(file.bytes);
}

/** RFC 9110 §13.1.2: proxies may have made the tag a weak one. */
function namesTag({ headers }: FastifyRequest, etag: string): boolean {
  const tags = (headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}

/** Those that the client names, unless with `q=0`. */
function acceptedEncodings({ headers }: FastifyRequest): ReadonlySet<string> {
  const names = String(headers['accept-encoding'] ?? '')
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => !/;\s*q=0(\.0*)?$/.test(part));
  return new Set(names.map((part) => part.split(';', 1)[0]?.trim() ?? ''));
}
