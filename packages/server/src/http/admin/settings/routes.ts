/** `/organizations/{org_id}/settings` */
import { invalid } from '../../../domain/errors.ts';
import type { OrganizationSettings } from '../../../domain/organization.ts';
import type { OrganizationScope } from '../../../domain/scope.ts';
import { isBlank } from '../../../domain/text/blank.ts';
import { readSettings } from '../../../store/queries/organization-settings.ts';
import { answer } from '../../openapi/answers.ts';
import { type Route, route } from '../../routing/route.ts';
import { budgetWarnings } from '../budget-warnings.ts';
import { readConsumed } from '../consumed.ts';
import type { AdminDependencies } from '../dependencies.ts';
import { OrganizationParams, organizationPath, refusals, tags } from '../schema.ts';
import {
  promptFields,
  Settings,
  toSettingsChanges,
  toSettingsResource,
  UpdateSettingsBody,
} from './schema.ts';

const path = `${organizationPath}/settings`;

export function settingsRoutes({ store, engine, serverFacts, now }: AdminDependencies): readonly Route[] {
  async function resourceOf({ organizationId: id }: OrganizationScope, settings: OrganizationSettings) {
    const consumed = await readConsumed(engine, [{ subject: 'organization', id, limits: settings.limits }]);
    return toSettingsResource(settings, consumed(id), serverFacts);
  }

  return [
    route({
      method: 'GET',
      path,
      access: 'organization-admin',
      schema: {
        tags,
        operationId: 'getSettings',
        summary: 'The settings of an organization',
        params: OrganizationParams,
        response: { 200: answer('The settings.', Settings), ...refusals },
      },
      handler: async ({ scope }) => resourceOf(scope, await readSettings(store.reads, scope)),
    }),
    route({
      method: 'PATCH',
      path,
      access: 'organization-admin',
      writes: 'beyond',
      schema: {
        tags,
        operationId: 'updateSettings',
        summary: 'Change the settings of an organization',
        params: OrganizationParams,
        body: UpdateSettingsBody,
        response: { 200: answer('The changed settings.', Settings), ...refusals },
      },
      async handler(request) {
        const { scope, body } = request;
        for (const field of promptFields) {
          if (body[field] != null && isBlank(body[field]))
            throw invalid(field, `${field} must not be blank; null takes the built-in one back`);
        }
        const changes = toSettingsChanges(body);
        const changed = { organizationId: scope.organizationId, changes, now: now() };
        const settings = await store.change(request, 'updateOrganizationSettings', changed);
        const warnings = await budgetWarnings(store.reads, scope, changes.limits, changes.endUserLimits);
        const { organizationId: id } = scope;
        // From now on what they bound is counted, so that what was used before is shown too.
        await engine.storedLimits.counted(id, [{ subject: 'organization', id, limits: settings.limits }]);
        return { ...(await resourceOf(scope, settings)), ...warnings };
      },
    }),
  ];
}
