/** The address by which browsers reach this server, for links that leave it. */
import type { FastifyRequest } from 'fastify';

/** `https://chat.example.com/base`, without a slash at the end. */
export type PublicAddress = (request: FastifyRequest) => string;

/** What the operator has set, else where the request came to. */
export function createPublicAddress(publicUrl: string | undefined): PublicAddress {
  return (request) => publicUrl ?? `${request.protocol}://${request.host}${request.basePath}`;
}
