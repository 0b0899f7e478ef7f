/** The administration, `/api/admin`. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { requireAdministrators } from './access.ts';
import type { AdminDependencies } from './dependencies.ts';
import { keyRoutes } from './keys/routes.ts';
import { memberRoutes } from './members/routes.ts';
import { modelRoutes } from './models/routes.ts';
import { organizationRoutes } from './organizations/routes.ts';
import { personaRoutes } from './personas/routes.ts';
import { personaVersionRoutes } from './personas/version-routes.ts';
import { usageRoutes } from './usage/routes.ts';
import { userRoutes } from './users/routes.ts';

export type { AdminDependencies, ModelTest } from './dependencies.ts';

/** Register it with the prefix `/api/admin`; it checks credentials itself. */
export const adminRoutes: FastifyPluginAsyncTypebox<AdminDependencies> = async (app, dependencies) => {
  requireAdministrators(app, dependencies);
  organizationRoutes(app, dependencies);
  modelRoutes(app, dependencies);
  personaRoutes(app, dependencies);
  personaVersionRoutes(app, dependencies);
  keyRoutes(app, dependencies);
  memberRoutes(app, dependencies);
  usageRoutes(app, dependencies);
  userRoutes(app, dependencies);
};
