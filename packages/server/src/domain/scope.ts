/** The data that a caller may touch. Only `auth` makes scopes; every query of tenant data takes one. */

/** Data of `test` keys and of `prod` keys never mix. */
export type Environment = 'test' | 'prod';

declare const madeByAuth: unique symbol;

/** An organization's settings: personas, models, keys, members. */
export interface OrganizationScope {
  readonly organizationId: string;
  readonly [madeByAuth]: true;
}

/** An organization's conversations. */
export interface Scope extends OrganizationScope {
  readonly environment: Environment;
  /** If set, only what belongs to this end user; otherwise everything of the organization and environment. */
  readonly endUserId?: string;
}
