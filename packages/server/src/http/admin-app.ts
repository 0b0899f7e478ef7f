/** The administration alone, composed for requests from this process: nothing listens. */
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { noBus } from '../bus/bus.ts';
import { newId } from '../domain/ids.ts';
import { createAdminStore } from './admin/changes.ts';
import { administration } from './admin/routes.ts';
import { adminPath } from './admin/schema.ts';
import { errorEnvelope, errorHandler } from './answer/errors.ts';
import type { AdminAppDependencies } from './dependencies.ts';
import { createErasure } from './end-users/erasure.ts';
import { sharedFieldSchemas } from './openapi/fields.ts';
import { DetailErrorSchema, EarlyErrorSchema, ErrorSchema } from './openapi/responses.ts';
import { acceptOnlyJson } from './request/json-body.ts';
import { addRefusals } from './request/refusals.ts';
import { buildValidator } from './request/validation.ts';
import { addAccess } from './routing/access.ts';
import { addCallerLimits } from './routing/caller-limits.ts';
import { createConnections } from './streaming/connections.ts';
import { createRevocation } from './streaming/revocation.ts';

/** Ask it by `inject`. */
export function createAdminApp(dependencies: AdminAppDependencies): FastifyInstance {
  const { store, engine, authenticator, log, admin, now = Date.now } = dependencies;
  const app: FastifyInstance = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => newId(),
    requestIdHeader: false,
    schemaController: {
      compilersFactory: {
        buildValidator,
        buildSerializer: () => () => (data: unknown) => JSON.stringify(data),
      },
    },
  });
  app.setErrorHandler(errorHandler({ envelope: errorEnvelope }));
  acceptOnlyJson(app);
  const onError = (err: unknown): void => log.warn({ err }, 'what follows a command could not be done');
  const refusals = addRefusals(app, { store, now, onError });
  addAccess(app, { authenticator, store });
  addCallerLimits(app, engine);
  for (const schema of [ErrorSchema, DetailErrorSchema, EarlyErrorSchema, ...sharedFieldSchemas])
    app.addSchema(schema);
  const connections = createConnections({ reads: store.reads, now, onError });
  const revocation = createRevocation({ connections, bus: noBus, engine, now, onError });
  app.addHook('preClose', async () => {
    connections[Symbol.dispose]();
    revocation[Symbol.dispose]();
  });
  const erasure = createErasure({ store, engine, revocation, now });
  const adminStore = createAdminStore(store, now);
  app.register(
    administration({
      ...admin,
      ...{ store: adminStore, erasure, refusals, revocation, engine, authenticator, now },
    }),
    { prefix: adminPath },
  );
  return app;
}
