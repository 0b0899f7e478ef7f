/** Sends a file of a bundle for browsers, compressed where the browser takes that. */
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

/** @throws AppError where there is no such file */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  files: BundleFiles,
  path: string,
): Promise<FastifyReply> {
  const file = await files.read(path, acceptedEncodings(request));
  if (file === undefined) throw new AppError('not_found', `there is no ${path.slice(0, 200)} here`);
  if (file.encoding !== undefined) reply.header('Content-Encoding', file.encoding);
  return reply
    .type(types[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream')
    .header('Vary', 'Accept-Encoding')
    .header('Cache-Control', immutable)
    .send(file.bytes);
}

/** Those that the client names, unless with `q=0`. */
function acceptedEncodings({ headers }: FastifyRequest): ReadonlySet<string> {
  const names = String(headers['accept-encoding'] ?? '')
    .split(',')
    .map((part) => part.trim().toLowerCase())
    .filter((part) => !/;\s*q=0(\.0*)?$/.test(part));
  return new Set(names.map((part) => part.split(';', 1)[0]?.trim() ?? ''));
}
