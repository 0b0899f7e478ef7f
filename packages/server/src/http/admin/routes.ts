/** The administration, `/api/admin`. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { requireAdministrators } from './access.ts';
import type { AdminDependencies } from './dependencies.ts';
import { keyRoutes } from './keys.ts';
import { memberRoutes } from './members.ts';
import { modelRoutes } from './models.ts';
import { organizationRoutes } from './organizations.ts';
import { personaVersionRoutes } from './persona-versions.ts';
import { personaRoutes } from './personas.ts';
import { usageRoutes } from './usage.ts';
import { userRoutes } from './users.ts';

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
