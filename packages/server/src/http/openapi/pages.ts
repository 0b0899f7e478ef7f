/** `/docs`: the interactive documentation. Everything that it needs comes from this server. */
import { gzipSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { addRoutes, type Route, route } from '../routing/route.ts';
import { openApiDocument } from './document.ts';
import { errorResponses } from './responses.ts';
import type { AppPlugin } from './route-plugin.ts';

/** Forbids the page to load from or send to another host. The viewer needs inline styles. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Its addresses are relative, so that it can lie below any path. */
const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Colloquy: API documentation</title>
<link rel="icon" href="data:,">
</head>
<body>
<div id="documentation"></div>
<noscript>The documentation is also there as <a href="docs/openapi.json">an OpenAPI document</a>.</noscript>
<script src="docs/scalar.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

const startScript = (adminPath: string): string => `Scalar.createApiReference('#documentation', {
  url: new URL('docs/openapi.json', document.baseURI).href,
  proxyUrl: '',
  withDefaultFonts: false,
  telemetry: false,
  showDeveloperTools: 'never',
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  persistAuth: false,
  // Both can be typed on top of the page; each request takes the one that it needs.
  authentication: { preferredSecurityScheme: [['apiKey', 'adminKey']] },
  onBeforeRequest({ requestBuilder }) {
    const typed = requestBuilder.security.filter(({ value }) => value.trim() !== '');
    const isAdministration = requestBuilder.path.raw.startsWith('${adminPath}/');
    const fitting = typed.filter(({ name }) => (name === 'Authorization') === isAdministration);
    const used = fitting.length > 0 ? fitting : typed;
    requestBuilder.security.splice(0, Infinity, ...used);
  },
});
`;

/**
 * The viewer's script. Its package offers it only through a Fastify plugin; it has 5 MB, so it is loaded when somebody
 * first opens the documentation.
 */
async function loadViewer(): Promise<string> {
  const { default: scalar } = await import('@scalar/fastify-api-reference');
  const app = Fastify();
  await app.register(scalar, { routePrefix: '/viewer', configuration: { url: '/' } });
  const { payload, statusCode } = await app.inject('/viewer/js/scalar.js');
  await app.close();
  if (statusCode !== 200) throw new Error(`the documentation's viewer is not in its package: ${statusCode}`);
  return payload;
}

const shared = { method: 'GET', access: 'public' } as const;
const tags = ['operation'];

/** @param adminPath where the operations are that take an admin key */
export function documentationPages(adminPath: string): AppPlugin {
  return async (app) => {
    app.addHook('onSend', async (_request, reply) => {
      reply.header('Content-Security-Policy', contentSecurityPolicy);
      reply.header('Referrer-Policy', 'no-referrer');
    });
    addRoutes(app, [...documentRoutes(app), ...scriptRoutes(adminPath)]);
  };
}

function documentRoutes(app: FastifyInstance): readonly Route[] {
  let document: string | undefined;
  return [
    route({
      ...shared,
      path: '/docs',
      schema: {
        tags,
        operationId: 'showDocumentation',
        summary: 'Interactive documentation',
        description: 'A page for the browser; it loads nothing from another host.',
        response: {
          200: {
            description: 'The page.',
            content: { 'text/html': { schema: Type.String({ description: 'HTML.' }) } },
          },
          ...errorResponses(400),
        },
      },
      handler: async (_request, reply) => reply.type('text/html; charset=utf-8').send(page),
    }),
    route({
      ...shared,
      path: '/docs/',
      schema: { hide: true },
      handler: async (_request, reply) => reply.redirect('/docs', 301),
    }),
    route({
      ...shared,
      path: '/docs/openapi.json',
      schema: {
        tags,
        operationId: 'getOpenApiDocument',
        summary: 'The OpenAPI 3.1 document',
        description: 'Every endpoint, field, error and event.',
        response: {
          200: {
            description: 'The document.',
            content: {
              'application/json': {
                schema: Type.Unsafe<string>({
                  type: 'object',
                  title: 'OpenApiDocument',
                  description: 'OpenAPI 3.1.',
                }),
              },
            },
          },
          ...errorResponses(400),
        },
      },
      async handler({ basePath }, reply) {
        reply.type('application/json; charset=utf-8');
        if (basePath !== '')
          return reply.send(JSON.stringify({ ...openApiDocument(app), servers: [{ url: basePath }] }));
        document ??= JSON.stringify(openApiDocument(app));
        return reply.send(document);
      },
    }),
  ];
}

/** The routes of the page's scripts. The viewer stays in memory once it is loaded. */
function scriptRoutes(adminPath: string): readonly Route[] {
  let viewer: Promise<{ plain: Buffer; gzipped: Buffer }> | undefined;
  return [
    route({
      ...shared,
      path: '/docs/start.js',
      schema: { hide: true },
      handler: async (_request, reply) =>
        reply.type('text/javascript; charset=utf-8').send(startScript(adminPath)),
    }),
    route({
      ...shared,
      path: '/docs/scalar.js',
      schema: { hide: true },
      async handler(request, reply) {
        viewer ??= loadViewer().then((script) => ({
          plain: Buffer.from(script),
          gzipped: gzipSync(script, { level: 6 }),
        }));
        const { plain, gzipped } = await viewer;
        const takesGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
        if (takesGzip) reply.header('Content-Encoding', 'gzip');
        return reply
          .type('text/javascript; charset=utf-8')
          .header('Vary', 'Accept-Encoding')
          .header('Cache-Control', 'public, max-age=3600')
          .send(takesGzip ? gzipped : plain);
      },
    }),
  ];
}
