/** `/api/llm/list`, `/api/persona/list` and `/api/org/list`: what the conversation dialect's users choose from. */
import type { ConversationPrincipal, EndUserPrincipal } from '../../../auth/principal.ts';
import type { ModelRecord } from '../../../domain/model.ts';
import { findModel, pageActiveModels } from '../../../store/queries/models.ts';
import { readSettings } from '../../../store/queries/organization-settings.ts';
import { findOrganization } from '../../../store/queries/organizations.ts';
import {
  type OfferedPersona,
  type PersonaOffer,
  pageOfferedPersonas,
} from '../../../store/queries/persona-offers.ts';
import { findRevision } from '../../../store/queries/personas.ts';
import type { Database } from '../../../store/store.ts';
import { sendList } from '../../answer/json-list.ts';
import { type Route, route } from '../../routing/route.ts';
import type { DialectDependencies } from '../dialect-module.ts';
import * as documentation from './documentation.ts';

/** Models that are read at once: few, since each may have settings of many KiB. */
const modelsAtOnce = 32;

export function modelDirectory({ store }: DialectDependencies): Route {
  return route({
    method: 'GET',
    path: '/api/llm/list',
    access: 'conversation',
    schema: documentation.listModels,
    async handler({ caller, scope }, reply) {
      const organization = await findOrganization(store.reads, scope.organizationId);
      const settings = await readSettings(store.reads, scope);
      const own = caller.kind === 'end-user' ? await modelsOfToken(store.reads, caller) : undefined;
      return sendList(reply, {
        async read(after: ModelRecord | undefined) {
          if (own === undefined) return pageActiveModels(store.reads, scope, after, modelsAtOnce);
          return after === undefined ? own : [];
        },
        toResource: ({ id, name, provider, model, contextWindow }) => ({
          id,
          name,
          provider,
          model,
          context_window: contextWindow,
          is_default: organization?.defaultModelId === id,
          // The guide, which only searches the documentation, can't use sources.
          internet: settings.internet === 'on' && provider !== 'guide',
          version: model,
          is_active: true,
          config: {},
        }),
      });
    },
  });
}

/** An end user's token shows the model of its persona only. */
async function modelsOfToken(
  reads: Database,
  { scope, personaId, personaVersion }: EndUserPrincipal,
): Promise<readonly ModelRecord[]> {
  if (personaId === null || personaVersion === null) return [];
  const revision = await findRevision(reads, scope, personaId, personaVersion);
  const model = revision && (await findModel(reads, scope, revision.modelId));
  return model?.isActive === true ? [model] : [];
}

/** Personas that are read at once. */
const personasAtOnce = 200;

export function personaDirectory({ store }: DialectDependencies): Route {
  return route({
    method: 'GET',
    path: '/api/persona/list',
    access: 'conversation',
    schema: documentation.listPersonas,
    async handler({ caller, scope }, reply) {
      const offer = offerTo(caller);
      return sendList(reply, {
        async read(after: OfferedPersona | undefined) {
          if (offer === undefined) return [];
          return pageOfferedPersonas(store.reads, scope, offer, after, personasAtOnce);
        },
        toResource: ({ id, name, alias, description, active, next }) => ({
          ...{ id, name, alias, description },
          active: toVersionOnOffer(active),
          next: toVersionOnOffer(next),
        }),
      });
    },
  });
}

/** Undefined: the caller chooses no persona. */
function offerTo(caller: ConversationPrincipal): PersonaOffer | undefined {
  switch (caller.kind) {
    case 'member':
      return { ids: null, hasDrafts: true };
    case 'api-key':
      return { ids: caller.personas, hasDrafts: caller.keyType === 'test' };
    case 'end-user': {
      const { personaId, personas } = caller;
      const isHeldBack = personaId === null || personas?.includes(personaId) === false;
      return isHeldBack ? undefined : { ids: [personaId], hasDrafts: false };
    }
    case 'anonymous':
      return undefined;
  }
}

function toVersionOnOffer(offered: OfferedPersona['active']): object | null {
  if (offered === null) return null;
  const { version, modelId, internet } = offered;
  return { version, model_id: modelId, internet };
}

/** The list of organizations. It takes no `org_id`, since clients learn from it which one to send. */
export function organizationDirectory({ store }: DialectDependencies): Route {
  return route({
    method: 'GET',
    path: '/api/org/list',
    access: 'conversation',
    schema: documentation.listOrganizations,
    async handler({ caller, scope }, reply) {
      const organization = await findOrganization(store.reads, scope.organizationId);
      const role = caller.kind === 'member' ? caller.role : null;
      return reply.send(
        organization === undefined ? [] : [{ id: organization.id, name: organization.name, role }],
      );
    },
  });
}
