/** `/console`: the page for people. All its addresses answer with the same document, which shows what each names. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { BrowserBundle } from '../../bundles/browser-bundles.ts';
import type { BundleFiles } from '../../bundles/files.ts';
import { AppError } from '../../domain/errors.ts';
import type { AppPlugin } from '../openapi/route-plugin.ts';
import { addRoutes, type Route, route } from '../routing/route.ts';
import { htmlType, sendFile } from './send-file.ts';
import { failurePage, readyScript, waitingPage } from './waiting-pages.ts';

/** No inline script or style, nothing of another host, and no text that becomes HTML. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** Where the document of the bundle has the path below which clients see this server. */
const basePathMark = '{base-path}';
/** Seconds after which it is there, as a rule. */
const retryAfter = '1';

export function consolePages(bundle: BrowserBundle): AppPlugin {
  return async (app) => {
    app.addHook('onSend', async (_request, reply) => {
      reply.header('Content-Security-Policy', contentSecurityPolicy);
      reply.header('Referrer-Policy', 'no-referrer');
      reply.header('Cross-Origin-Opener-Policy', 'same-origin');
    });
    addRoutes(app, consoleRoutes(bundle));
  };
}

function consoleRoutes(bundle: BrowserBundle): readonly Route[] {
  const shared = { method: 'GET', access: 'public', schema: { hide: true } } as const;
  const showConsole = (request: FastifyRequest, reply: FastifyReply) => sendConsole(bundle, request, reply);
  return [
    route({ ...shared, path: '/console', handler: showConsole }),
    route({ ...shared, path: '/console/*', handler: showConsole }),
    route({
      ...shared,
      path: '/console/ready.js',
      async handler(_request, reply) {
        await bundle.prepare();
        return reply.type('text/javascript; charset=utf-8').send(readyScript);
      },
    }),
    route({
      ...shared,
      path: '/console/assets/:name',
      schema: { hide: true, params: Type.Object({ name: Type.String() }) },
      async handler(request, reply) {
        const current = await bundle.prepare();
        if (current.state !== 'ready') throw new AppError('not_found', 'the console could not be made');
        return sendFile(request, reply, current.files, `assets/${request.params.name}`);
      },
    }),
  ];
}

async function sendConsole(
  bundle: BrowserBundle,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { basePath } = request;
  const current = bundle.state();
  reply.type(htmlType);
  if (current.state === 'ready') {
    return reply.header('Cache-Control', 'no-cache').send(await documentOf(current.files, basePath));
  }
  if (request.method !== 'HEAD') void bundle.prepare();
  reply.code(503).header('Retry-After', retryAfter);
  return reply.send(
    current.state === 'making' ? waitingPage(basePath) : failurePage(basePath, current.problem),
  );
}

async function documentOf(files: BundleFiles, basePath: string): Promise<string> {
  const file = await files.read('index.html', new Set());
  return new TextDecoder().decode(file?.bytes).replaceAll(basePathMark, basePath);
}
