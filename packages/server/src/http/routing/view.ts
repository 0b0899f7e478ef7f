/** In which view a request wants to read a stream. */
import type { FastifyRequest } from 'fastify';
import type { Dialect, View } from '../../domain/generation.ts';

/** The media type by which a client asks for the view `events`. */
export const eventsMediaType = 'application/vnd.colloquy.events';

/** Whether a request accepts a media type by its name; wildcards don't count. */
export function accepts({ headers }: FastifyRequest, mediaType: string): boolean {
  const accepted = headers.accept?.toLowerCase() ?? '';
  return accepted.includes(mediaType) && accepted.split(/[,;]/).some((type) => type.trim() === mediaType);
}

/** The view that `Accept` asks for; else `otherwise`. */
export function viewOf<Otherwise extends Dialect | undefined>(
  request: FastifyRequest,
  otherwise: Otherwise,
): Otherwise | View {
  return accepts(request, eventsMediaType) ? 'events' : otherwise;
}
