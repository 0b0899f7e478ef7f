/** The HTTP side, composed: `createApp(dependencies)` gives a Fastify instance that is ready to listen. */
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { createSessions } from '../auth/accounts/sessions.ts';
import { noBus } from '../bus/bus.ts';
import { newId } from '../domain/ids.ts';
import { nothingSet } from '../domain/operations/server-facts.ts';
import { createAdminStore } from './admin/changes.ts';
import { administration } from './admin/routes.ts';
import { adminPath } from './admin/schema.ts';
import { createBaseHeaders, type SetBaseHeaders } from './answer/base-headers.ts';
import { clientErrorHandler, errorEnvelope, errorHandler } from './answer/errors.ts';
import { consolePages } from './bundles/console-routes.ts';
import { widgetFiles } from './bundles/widget-routes.ts';
import type { HttpDependencies } from './dependencies.ts';
import { createAnswerOnce } from './dialects/answer-once.ts';
import type { DialectDependencies, DialectModule } from './dialects/dialect-module.ts';
import { eventsCodec } from './dialects/events/codec.ts';
import { dialectRegistry } from './dialects/registry.ts';
import { createTurns } from './dialects/turns.ts';
import { createErasure } from './end-users/erasure.ts';
import { generations } from './generations/routes.ts';
import { addOpenApi } from './openapi/document.ts';
import { sharedFieldSchemas } from './openapi/fields.ts';
import { documentationPages } from './openapi/pages.ts';
import { DetailErrorSchema, EarlyErrorSchema, ErrorSchema } from './openapi/responses.ts';
import { createHealth } from './operations/health/health.ts';
import { createProviderReadings } from './operations/health/provider-readings.ts';
import { operationRoutes } from './operations/health-routes.ts';
import { loadMetrics } from './operations/load-metrics.ts';
import { addHttpMetrics, createRegistry } from './operations/metrics.ts';
import { probeRoutes } from './operations/probe-routes.ts';
import { createReadings } from './operations/readings.ts';
import { systemMetrics } from './operations/system-metrics.ts';
import { addBasePath, withoutBasePath } from './request/base-path.ts';
import { addCors } from './request/cors.ts';
import { acceptOnlyJson } from './request/json-body.ts';
import { refuseOddRequests } from './request/odd-requests.ts';
import { addRefusals } from './request/refusals.ts';
import { spreadRequests } from './request/spread-requests.ts';
import { refuseStrayBodies } from './request/stray-bodies.ts';
import { buildValidator } from './request/validation.ts';
import { addAccess } from './routing/access.ts';
import { addCallerLimits } from './routing/caller-limits.ts';
import { readNothingForHead } from './routing/head.ts';
import { collectMethods, refuseUnknown } from './routing/known-methods.ts';
import { shedLoad } from './routing/load-shedding.ts';
import { createPublicAddress } from './routing/public-address.ts';
import { addRequestSpans } from './routing/request-spans.ts';
import { composeSignIn, createSignInFacts } from './sign-in/compose.ts';
import { consolePath } from './sign-in/schema.ts';
import { createAttach } from './streaming/attach.ts';
import { createConnections } from './streaming/connections.ts';
import { createReadFacts } from './streaming/facts.ts';
import { createGenerationStreams } from './streaming/generation-streams.ts';
import { createRevocation } from './streaming/revocation.ts';
import { createSseHub } from './streaming/sse.ts';
import { dropStalledReaders } from './streaming/stalled-readers.ts';
import { createOpenViewer } from './streaming/viewers.ts';
import { MessageSchema } from './threads/message-schema.ts';

export type { HttpDependencies } from './dependencies.ts';

const bodyLimitBytes = 1024 * 1024;
/** Slow senders: for the headers, and for the whole request. Answers may take as long as they like. */
const headersTimeoutMs = 20_000;
const requestTimeoutMs = 60_000;
/** Longer than the usual 60 s of a balancer, so that it is never us who closes a connection that it picks. */
const keepAliveTimeoutMs = 75_000;
const maxHeaderBytes = 16 * 1024;
/**
 * Characters of a path parameter, decoded. A user's id has up to 255, which are one or two units each.
 */
const maxParamLength = 1024;
/** After `close()`, connections that still have something to send get this long. */
const closeGraceMs = 2000;

/** Routes are added while it becomes ready; `close()` ends its streams. */
export function createApp(dependencies: HttpDependencies): FastifyInstance {
  const {
    store,
    engine,
    bus = noBus,
    authenticator,
    anonymous,
    log,
    now = Date.now,
    dialects = dialectRegistry,
    registry = createRegistry(),
    trustedProxies = [],
    basePath = '',
  } = dependencies;
  const setBaseHeaders = createBaseHeaders(dependencies.version);
  const sessions = createSessions(store, now, (err) =>
    log.warn({ err }, 'when a session was used is not kept'),
  );
  const access = { authenticator, ...(anonymous !== undefined && { anonymous }), store, sessions };
  const app: FastifyInstance = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => newId(),
    ...(basePath !== '' && { rewriteUrl: withoutBasePath(basePath) }),
    ...(trustedProxies.length > 0 && { trustProxy: [...trustedProxies] }),
    routerOptions: { maxParamLength },
    requestIdHeader: false,
    bodyLimit: bodyLimitBytes,
    exposeHeadRoutes: true,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: {
      headersTimeout: headersTimeoutMs,
      maxHeaderSize: maxHeaderBytes,
      noDelay: true,
      requireHostHeader: false,
    },
    clientErrorHandler: clientErrorHandler(dependencies.version),
    frameworkErrors(error, request, reply) {
      setBaseHeaders(reply, request.id);
      errorHandler({ envelope: errorEnvelope })(error, request, reply);
    },
    return503OnClosing: false,
    schemaController: {
      compilersFactory: {
        buildValidator,
        // Answers are made field by field; a second pass by their schemas would only cost.
        buildSerializer: () => () => (data: unknown) => JSON.stringify(data),
      },
    },
  });
  // A client that has sent its request and shuts down its side still wants the answer.
  Object.assign(app.server, { httpAllowHalfOpen: true });
  // Node would refuse an expectation that it does not know with an answer of its own, without an id.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));

  const methodsOf = collectMethods(app, maxParamLength);
  readNothingForHead(app);
  app.setErrorHandler(errorHandler({ envelope: errorEnvelope }));
  acceptOnlyJson(app);
  addRequestHooks(app, setBaseHeaders);
  addBasePath(app, { basePath, trustedProxies });
  spreadRequests(app);
  if (dependencies.tracing !== undefined) addRequestSpans(app, dependencies.tracing);
  const refusals = addRefusals(app, {
    store,
    now,
    onError: (error) => log.warn({ err: error }, 'refusals could not be put into the audit trail yet'),
  });
  refuseOddRequests(app);
  refuseStrayBodies(app);
  addCors(app);
  refuseUnknown(app, methodsOf);
  if (dependencies.load !== undefined) shedLoad(app, dependencies.load);
  addAccess(app, access);
  const showLimits = addCallerLimits(app, engine);
  addOpenApi(
    app,
    dependencies.version,
    Object.values(dialects).map(({ tag }) => tag),
  );
  for (const schema of [
    ErrorSchema,
    DetailErrorSchema,
    EarlyErrorSchema,
    ...sharedFieldSchemas,
    MessageSchema,
  ])
    app.addSchema(schema);

  const hub = createSseHub(dependencies.sse);
  const stalled = dropStalledReaders(app.server, {
    ...(dependencies.stalledMs !== undefined && { stalledMs: dependencies.stalledMs }),
    onDrop: () => log.info('a client that took nothing of its answer for too long was dropped'),
  });
  addHttpMetrics(app, registry, () => hub.openCount);
  if (dependencies.load !== undefined) loadMetrics(registry, dependencies.load);
  const readings = createReadings({ store, engine });
  systemMetrics(registry, readings);
  const reads = store.reads;
  const onError = (err: unknown): void =>
    log.warn({ err }, 'looking after revoked credentials failed; the next look follows');
  const connections = createConnections({ reads, now, onError });
  const revocation = createRevocation({ connections, engine, bus, now, onError });
  app.addHook('preClose', async () => {
    connections[Symbol.dispose]();
    revocation[Symbol.dispose]();
    hub.endAll();
    stalled[Symbol.dispose]();
    setTimeout(() => app.server.closeAllConnections(), closeGraceMs).unref();
  });

  const codecs = { ...dialects, events: { codec: eventsCodec } };
  const streamGeneration = createGenerationStreams(engine, hub, codecs, connections, showLimits);
  const openViewer = createOpenViewer(engine.limiter);
  const readFacts = createReadFacts(reads);
  const attach = createAttach(engine, streamGeneration, codecs, openViewer, readFacts);
  const turns = createTurns({
    reads,
    engine,
    streamGeneration,
    attach,
    openViewer,
    readFacts,
    codecs,
    connections,
    now,
  });
  const erasure = createErasure({ store, engine, revocation, now });
  const { isAccepting, isReady, version, admin } = dependencies;

  const { browserBundles } = dependencies;
  const hasConsole = browserBundles?.console !== undefined;
  app.register(operationRoutes({ isAccepting, isReady, version, registry, hasConsole }));
  if (browserBundles?.console !== undefined) app.register(consolePages(browserBundles.console));
  if (browserBundles?.widget !== undefined) app.register(widgetFiles(browserBundles.widget));
  app.register(probeRoutes());
  app.register(documentationPages(adminPath));
  for (const dialect of Object.values(dialects)) {
    addDialect(app, dialect, {
      ...{ authenticator, store, engine, turns, attach, erasure, now },
      unknownParameters: dependencies.unknownParameters ?? 'refuse',
    });
  }
  app.register(generations({ reads, engine, attach, turns }), { prefix: '/api/generations' });
  if (admin !== undefined) {
    const adminStore = createAdminStore(store, now);
    const publicAddress = createPublicAddress(dependencies.signIn?.publicUrl);
    app.register(
      administration({
        serverFacts: nothingSet,
        ...admin,
        signInFacts: createSignInFacts(dependencies.signIn ?? {}, publicAddress),
        health: createHealth({
          ...{
            version,
            store,
            bus,
            readings,
            registry,
            dataDir: dependencies.dataDir,
            load: dependencies.load,
            localModel: dependencies.localModel,
          },
          providers: dependencies.providers ?? createProviderReadings(now),
          openStreams: () => hub.openCount,
        }),
        ...{ store: adminStore, erasure, refusals, revocation, engine, authenticator, publicAddress, now },
        answerOnce: createAnswerOnce({ engine, openViewer, readFacts, streamGeneration }),
      }),
      { prefix: adminPath },
    );
    app.register(
      composeSignIn(dependencies.signIn ?? {}, {
        ...{ store, sessions, authenticator, revocation, publicAddress, now },
        limiter: engine.limiter,
        secrets: admin.secrets,
      }),
      { prefix: consolePath },
    );
  }
  return app;
}

/** All errors of a dialect have its envelope, also those for unknown paths below its prefixes. */
function addDialect(app: FastifyInstance, dialect: DialectModule, dependencies: DialectDependencies): void {
  const { prefixes, routes } = dialect;
  for (const prefix of prefixes) {
    app.register(
      async (scope) => {
        // Fastify gives an unknown path the error handler of this scope only if the scope has a handler of its own for it.
        scope.setNotFoundHandler(notRefused);
        scope.setErrorHandler(errorHandler(dialect));
        dialect.addHooks?.(scope);
      },
      { prefix },
    );
  }
  app.register(async (scope) => {
    scope.setErrorHandler(errorHandler(dialect));
    dialect.addHooks?.(scope);
    scope.register(routes(dependencies));
  });
}

/** `refuseUnknown` has answered before. */
function notRefused(): never {
  throw new Error('a path that no route takes was not refused');
}

/** Every answer bears its request's id, and is logged by its route's pattern: never by its address. */
function addRequestHooks(app: FastifyInstance, setBaseHeaders: SetBaseHeaders): void {
  app.addHook('onRequest', (request, reply, done) => {
    setBaseHeaders(reply, request.id);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const status = reply.raw.statusCode;
    const level: keyof Pick<FastifyBaseLogger, 'info' | 'debug'> = status >= 400 ? 'info' : 'debug';
    request.log[level](
      {
        method: request.method,
        route: request.routeOptions.url,
        status,
        ms: Math.round(reply.elapsedTime),
      },
      'answered',
    );
    done();
  });
}
