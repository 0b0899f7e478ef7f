/** `/widget.js` and the files beside it: scripts that pages of other origins load. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { BrowserBundle } from '../../bundles/browser-bundles.ts';
import { AppError } from '../../domain/errors.ts';
import type { AppPlugin } from '../openapi/route-plugin.ts';
import { addRoutes, type Route, route } from '../routing/route.ts';
import { immutable, sendFile } from './send-file.ts';

/** Sites get another version of what has no hash in its name within the hour. */
const anHour = 'public, max-age=3600';

export function widgetFiles(bundle: BrowserBundle): AppPlugin {
  return async (app) => addRoutes(app, widgetRoutes(bundle));
}

function widgetRoutes(bundle: BrowserBundle): readonly Route[] {
  const shared = { method: 'GET', access: 'public', schema: { hide: true } } as const;
  const named = (name: string): Route =>
    route({
      ...shared,
      path: `/${name}`,
      handler: (request, reply) => sendScript(bundle, request, reply, name, anHour),
    });
  return [
    named('widget.js'),
    named('widget.iife.js'),
    route({
      ...shared,
      path: '/widget-:rest',
      schema: { hide: true, params: Type.Object({ rest: Type.String() }) },
      handler: (request, reply) =>
        sendScript(bundle, request, reply, `widget-${request.params.rest}`, immutable),
    }),
  ];
}

/** @throws AppError overloaded, where the widget could not be made: it may be made with the next call */
async function sendScript(
  bundle: BrowserBundle,
  request: FastifyRequest,
  reply: FastifyReply,
  name: string,
  cacheControl: string,
): Promise<FastifyReply> {
  reply.header('Access-Control-Allow-Origin', '*');
  reply.header('Cross-Origin-Resource-Policy', 'cross-origin');
  const current = await bundle.prepare();
  if (current.state !== 'ready')
    throw new AppError('overloaded', 'the widget could not be made; see the log of the server');
  return sendFile(request, reply, current.files, name, cacheControl);
}
