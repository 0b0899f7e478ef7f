/** The data that a caller may touch, and who made it. Only `auth` makes scopes; every query of tenant data takes one. */

/** Data of `test` keys and of `prod` keys never mix. */
export const environments = ['test', 'prod'] as const;
export type Environment = (typeof environments)[number];

/** Whose a row is: an organization's, in one environment, and of one end user or of none. */
export interface Tenant {
  readonly organizationId: string;
  readonly environment: Environment;
  readonly endUserId: string | null;
}

declare const madeByAuth: unique symbol;

/** An organization's settings: personas, models, keys, members. */
export interface OrganizationScope {
  readonly organizationId: string;
  readonly [madeByAuth]: true;
}

/** An organization's conversations. */
export interface Scope extends OrganizationScope {
  readonly environment: Environment;
  /** Only what belongs to this end user; null: only what belongs to none; absent: all of the organization and environment. */
  readonly endUserId?: string | null;
}

/** The kinds of callers, as who made something. */
export const creatorKinds = ['member', 'key', 'end-user', 'operator', 'anonymous'] as const;
export type CreatorKind = (typeof creatorKinds)[number];

export interface Creator {
  readonly kind: CreatorKind;
  /** Null for the operator, and for callers without a credential. */
  readonly id: string | null;
}

/** A creator as it is shown. */
export interface NamedCreator extends Creator {
  /** Null where it has none, or is gone. */
  readonly name: string | null;
}
