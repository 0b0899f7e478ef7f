/** The administration, `/api/admin`. */
import type { AppPlugin } from '../openapi/route-plugin.ts';
import { addRoutes } from '../routing/route.ts';
import { accountRoutes } from './accounts/routes.ts';
import { auditRoutes } from './audit/routes.ts';
import { AuditActorSchema, AuditEntrySchema } from './audit/schema.ts';
import { backupRoutes } from './backups/routes.ts';
import { ConsumedSchema } from './consumed.ts';
import { organizationConversationRoutes } from './conversations/routes.ts';
import { OrganizationConversationSchema, OrganizationSessionSchema } from './conversations/schema.ts';
import type { AdminDependencies } from './dependencies.ts';
import { doctorRoutes } from './doctor/routes.ts';
import { organizationGenerationRoutes } from './generations/routes.ts';
import { OrganizationGenerationSchema } from './generations/schema.ts';
import { healthRoutes } from './health/routes.ts';
import { keyRoutes } from './keys/routes.ts';
import { memberRoutes } from './members/routes.ts';
import { modelRoutes } from './models/routes.ts';
import { organizationRoutes } from './organizations/routes.ts';
import { personaCopyRoutes } from './personas/copy-routes.ts';
import { personaRoutes } from './personas/routes.ts';
import { personaTryRoutes } from './personas/try-routes.ts';
import { personaVersionRoutes } from './personas/version-routes.ts';
import { providerRoutes } from './providers/routes.ts';
import { questionRoutes } from './question-sets/question-routes.ts';
import { questionSetRoutes } from './question-sets/routes.ts';
import { secretRoutes } from './secrets/routes.ts';
import { serverSettingsRoutes } from './server-settings/routes.ts';
import { settingsRoutes } from './settings/routes.ts';
import { signInLinkRoutes } from './sign-in-link/routes.ts';
import { usageRoutes } from './usage/routes.ts';
import { userListRoutes } from './users/list-routes.ts';
import { userRoutes } from './users/routes.ts';
import { EndUserSchema } from './users/schema.ts';
import { webhookDeliveryRoutes } from './webhooks/delivery-routes.ts';
import { webhookRoutes } from './webhooks/routes.ts';
import { DeliverySchema, EventDataSchema } from './webhooks/schema.ts';

export type { AdminDependencies, ModelTest } from './dependencies.ts';

/** Register it with the prefix `/api/admin`. */
export function administration(dependencies: AdminDependencies): AppPlugin {
  return async (app) => {
    for (const schema of [
      OrganizationGenerationSchema,
      AuditActorSchema,
      AuditEntrySchema,
      OrganizationConversationSchema,
      OrganizationSessionSchema,
      EndUserSchema,
      ConsumedSchema,
      EventDataSchema,
      DeliverySchema,
    ])
      app.addSchema(schema);
    addRoutes(app, [
      ...organizationRoutes(dependencies),
      ...settingsRoutes(dependencies),
      ...modelRoutes(dependencies),
      ...providerRoutes(),
      ...personaRoutes(dependencies),
      ...personaVersionRoutes(dependencies),
      ...personaCopyRoutes(dependencies),
      ...personaTryRoutes(dependencies),
      ...keyRoutes(dependencies),
      ...memberRoutes(dependencies),
      ...organizationGenerationRoutes(dependencies),
      ...organizationConversationRoutes(dependencies),
      ...usageRoutes(dependencies),
      ...userListRoutes(dependencies),
      ...userRoutes(dependencies),
      ...webhookRoutes(dependencies),
      ...webhookDeliveryRoutes(dependencies),
      ...questionSetRoutes(dependencies),
      ...questionRoutes(dependencies),
      ...auditRoutes(dependencies),
      ...healthRoutes(dependencies),
      ...serverSettingsRoutes(dependencies),
      ...doctorRoutes(dependencies),
      ...backupRoutes(dependencies),
      ...secretRoutes(dependencies),
      ...signInLinkRoutes(dependencies),
      ...accountRoutes(dependencies),
    ]);
  };
}
