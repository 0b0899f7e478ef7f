/** One row of the matrix: an endpoint's request, and what each caller is answered. */
import type { Column, World } from './world.ts';

export interface Request {
  readonly path: string;
  readonly body?: object;
}

export interface Row {
  /** The kind of callers that the row is played with. */
  readonly callers: 'talking' | 'administering';
  readonly expected: Readonly<Record<Column, number>>;
  request(world: World): Promise<Request> | Request;
  /** A text of ada's, or of the organization, that only the callers in `sees` may find in their answers. */
  readonly hides?: (world: World) => string;
  readonly sees?: readonly Column[];
}

type Statuses = Partial<Readonly<Record<Column, number>>>;

const refused = {
  none: 401,
  bad: 401,
  expiredKey: 401,
  expiredToken: 401,
  revokedKey: 401,
  revokedToken: 401,
} as const;

/** Open to everybody, even with a bad credential, which is ignored. */
export function open(status = 200): Row['expected'] {
  return {
    none: status,
    bad: status,
    expiredKey: status,
    expiredToken: status,
    revokedKey: status,
    revokedToken: status,
    otherOrganization: status,
    otherUser: status,
    guest: status,
    testKey: status,
    adminKey: status,
    good: status,
  };
}

/** Statuses for something of ada's, addressed by its id. */
export function hers(good: number, guest: number, more: Statuses = {}): Row['expected'] {
  return {
    ...refused,
    otherOrganization: 404,
    otherUser: 404,
    guest,
    testKey: 404,
    adminKey: 403,
    good,
    ...more,
  };
}

/** Statuses for something that every caller has, such as a list. */
export function each(good: number, guest: number, more: Statuses = {}): Row['expected'] {
  return {
    ...refused,
    otherOrganization: good,
    otherUser: good,
    guest,
    testKey: good,
    adminKey: 403,
    good,
    ...more,
  };
}

/** Statuses for something of the organization, which its administrators and the operator may use. */
export function administered(good: number, more: Statuses = {}): Row['expected'] {
  return {
    ...refused,
    otherOrganization: 404,
    otherUser: 403,
    guest: 403,
    testKey: 403,
    adminKey: good,
    good,
    ...more,
  };
}

/** The status without a credential, where the caller acts as organization `default`. */
export const anonymous = (status: number): Statuses => ({ none: status });
/** The status if `org_id` is another organization's. */
export const foreign: Statuses = { otherOrganization: 403 };

type More = Pick<Row, 'hides' | 'sees'>;

export function talk(expected: Row['expected'], request: Row['request'], more: More = {}): Row {
  return { callers: 'talking', expected, request, ...more };
}

export function manage(expected: Row['expected'], request: Row['request'], more: More = {}): Row {
  return { callers: 'administering', expected, request, ...more };
}

export function at(path: string): Row['request'] {
  return () => ({ path });
}
