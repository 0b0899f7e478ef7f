/**
 * Who may call a route. Each route declares one `access`. A single hook resolves it before the body is read and sets
 * `request.caller` and `request.scope`, whose types follow from the access.
 *
 * The order of refusals: 401 without a good credential, 403 for one that does not permit the call, 404 for an
 * organization that the caller does not administer; only then is the rest of the request looked at.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Sessions, SignedIn } from '../../auth/accounts/sessions.ts';
import {
  administeredOrganization,
  requireAdmin,
  requireAdministrator,
  requireApiKey,
  requireChatAccess,
  requireConversationAccess,
  requireKeyOrEndUser,
  requireOperator,
  requireWrite,
} from '../../auth/permissions.ts';
import type {
  AdministratorPrincipal,
  ApiKeyPrincipal,
  ConversationPrincipal,
  EndUserPrincipal,
  MemberPrincipal,
  OperatorPrincipal,
  Principal,
} from '../../auth/principal.ts';
import { invalid, notFound } from '../../domain/errors.ts';
import { isUuid } from '../../domain/ids.ts';
import type { OrganizationScope, Scope } from '../../domain/scope.ts';
import { findOrganization } from '../../store/queries/organizations.ts';
import type { Store } from '../../store/store.ts';
import {
  type Admission,
  type AuthenticationOptions,
  identify,
  identifyAdministrator,
} from '../request/authentication.ts';
import { requireOwnPage, sessionSecret } from './own-pages.ts';

/** What a handler is given, by the access of its route. */
export interface Granted {
  /** Everybody who asks from a page of this server. Credentials are not looked at. */
  readonly visitor: { readonly caller: undefined; readonly scope: undefined };
  /** A person who is signed in, by the cookie of their browser, which no other access takes. */
  readonly account: { readonly caller: undefined; readonly scope: undefined; readonly signedIn: SignedIn };
  /** Everybody may call; credentials are not looked at. */
  readonly public: { readonly caller: undefined; readonly scope: undefined };
  /** Everybody who may hold conversations: API keys, end users' tokens, members' tokens; guests too, who only read. */
  readonly conversation: { readonly caller: ConversationPrincipal; readonly scope: Scope };
  /** The same without guests. */
  readonly writer: { readonly caller: ConversationPrincipal; readonly scope: Scope };
  /** Those of `key-or-end-user`, and members but guests. */
  readonly chat: {
    readonly caller: ApiKeyPrincipal | EndUserPrincipal | MemberPrincipal;
    readonly scope: Scope;
  };
  /** An API key of type `test` or `prod`, or an end user's token that such a key asked for. */
  readonly 'key-or-end-user': {
    readonly caller: ApiKeyPrincipal | EndUserPrincipal;
    readonly scope: Scope;
  };
  /** An API key of type `test` or `prod` itself. */
  readonly 'api-key': { readonly caller: ApiKeyPrincipal; readonly scope: Scope };
  /** Everybody who administers something. The scope is their organization, or null for the operator: all of them. */
  readonly administrator: {
    readonly caller: AdministratorPrincipal;
    readonly scope: OrganizationScope | null;
  };
  /** Everybody who administers the organization that `:org_id` in the path names, which exists. */
  readonly 'organization-admin': {
    readonly caller: AdministratorPrincipal;
    readonly scope: OrganizationScope;
  };
  /** The operator's admin key. */
  readonly operator: { readonly caller: OperatorPrincipal; readonly scope: null };
  /** The operator's admin key, for the organization that `:org_id` in the path names, which exists. */
  readonly 'organization-operator': {
    readonly caller: OperatorPrincipal;
    readonly scope: OrganizationScope;
  };
}

export type Access = keyof Granted;

/** The `security` of an OpenAPI operation: the credentials that it takes, of which one is enough. */
type Security = readonly Readonly<Record<string, string[]>>[];

interface Rule<Kind extends Access> {
  readonly security: Security;
  /** @throws AppError forbidden, not_found */
  grant(caller: Principal, request: FastifyRequest, store: Store): Granted[Kind] | Promise<Granted[Kind]>;
}

const keys: Security = [{ apiKey: [] }, { bearerKey: [] }];
/** The default of the OpenAPI document, since most routes take these. */
export const defaultSecurity: Security = [...keys, { bearerToken: [] }];
const administratorSecurity: Security = [{ adminKey: [] }, { bearerToken: [] }];

/** The accesses of routes about conversations. */
const conversing: {
  readonly [Kind in 'conversation' | 'writer' | 'chat' | 'key-or-end-user' | 'api-key']: Rule<Kind>;
} = {
  conversation: {
    security: defaultSecurity,
    grant(caller) {
      requireConversationAccess(caller);
      return { caller, scope: caller.scope };
    },
  },
  writer: {
    security: defaultSecurity,
    grant(caller) {
      requireWrite(caller);
      return { caller, scope: caller.scope };
    },
  },
  chat: {
    security: defaultSecurity,
    grant(caller) {
      requireChatAccess(caller);
      return { caller, scope: caller.scope };
    },
  },
  'key-or-end-user': {
    security: defaultSecurity,
    grant(caller) {
      requireKeyOrEndUser(caller);
      return { caller, scope: caller.scope };
    },
  },
  'api-key': {
    security: keys,
    grant(caller) {
      requireApiKey(caller);
      return { caller, scope: caller.scope };
    },
  },
};

/** The accesses of the administration, which takes credentials in headers only. */
const administering: {
  readonly [Kind in
    | 'administrator'
    | 'organization-admin'
    | 'operator'
    | 'organization-operator']: Rule<Kind>;
} = {
  administrator: {
    security: administratorSecurity,
    grant(caller) {
      requireAdministrator(caller);
      return { caller, scope: administeredOrganization(caller) };
    },
  },
  'organization-admin': {
    security: administratorSecurity,
    async grant(caller, request, store) {
      requireAdministrator(caller);
      return { caller, scope: await organizationOfPath(caller, request, store) };
    },
  },
  operator: {
    security: administratorSecurity,
    grant(caller) {
      requireAdministrator(caller);
      requireOperator(caller);
      return { caller, scope: null };
    },
  },
  'organization-operator': {
    security: administratorSecurity,
    async grant(caller, request, store) {
      requireAdministrator(caller);
      requireOperator(caller);
      return { caller, scope: await organizationOfPath(caller, request, store) };
    },
  },
};
/** Asked for by pages of this server, with a cookie or without. */
type OwnPage = 'visitor' | 'account';

const rules: { readonly [Kind in Exclude<Access, 'public' | OwnPage>]: Rule<Kind> } = {
  ...conversing,
  ...administering,
};

async function organizationOfPath(
  caller: Principal,
  request: FastifyRequest,
  store: Store,
): Promise<OrganizationScope> {
  const { org_id: given } = request.params as { readonly org_id?: unknown };
  if (typeof given !== 'string' || !isUuid(given)) throw invalid('org_id', 'org_id must be a UUID');
  const scope = requireAdmin(caller, given.toLowerCase());
  if ((await findOrganization(store.reads, scope.organizationId)) === undefined) {
    throw notFound('organization');
  }
  return scope;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is calling; of a handler's request the type follows from the route's access. */
    caller: Principal | undefined;
    /** What the caller may touch; null: every organization. */
    scope: OrganizationScope | null | undefined;
    /** Who is signed in, on routes of the access `account` alone. */
    signedIn: SignedIn | undefined;
  }
  interface FastifyContextConfig {
    access?: Access;
    admits?: readonly Admission[];
  }
}

export interface AccessOptions extends AuthenticationOptions {
  readonly store: Store;
  /** Where the console signs in; absent: there are no routes for it. */
  readonly sessions?: Sessions;
}

/** Adds the hook that resolves each route's access. Call it before any route is added: one without an access is refused. */
export function addAccess(app: FastifyInstance, options: AccessOptions): void {
  app.decorateRequest('caller', undefined);
  app.decorateRequest('scope', undefined);
  app.decorateRequest('signedIn', undefined);
  app.addHook('onRoute', ({ config, method, url }) => {
    if (config?.access === undefined) throw new Error(`${method} ${url} does not declare its access`);
  });
  app.addHook('onRequest', async (request, reply) => {
    // A request that matches no route has no access; it is answered with 404.
    const { access = 'public', admits = [] } = request.routeOptions.config;
    if (access === 'public') return;
    if (access === 'visitor' || access === 'account') {
      requireOwnPage(request);
      if (access === 'account') request.signedIn = await options.sessions?.require(sessionSecret(request));
      return;
    }
    const caller = Object.hasOwn(administering, access)
      ? await identifyAdministrator(request, options)
      : await identify(request, reply, options, admits);
    // An answer that refuses it is told about the caller's limits too.
    request.caller = caller;
    Object.assign(request, await rules[access].grant(caller, request, options.store));
  });
}

/** The `security` of an operation in the OpenAPI document; undefined: the document's default. */
export function securityOf(access: Access, admits: readonly Admission[]): Security | undefined {
  if (access === 'public' || access === 'visitor') return [];
  if (access === 'account') return [{ session: [] }];
  const { security } = rules[access];
  if (security === defaultSecurity && admits.length === 0) return undefined;
  const admitted = admits
    .filter((admission) => admission !== 'placeholder')
    .map((admission) => (admission === 'anonymous' ? {} : { accessToken: [] }));
  return [...security, ...admitted];
}
