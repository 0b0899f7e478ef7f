/** The server's API as views call it: for the organization that is shown, with the token that fits the path. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { RequestOptions } from './request.ts';
import { type Role, type Session, sendAs, type TokenTarget, tokenFor } from './session.ts';

export interface Organization {
  readonly id: string;
  readonly name: string;
  /** null: the operator, who is no member of it. */
  readonly role: Role | null;
}

export interface Api {
  readonly session: Session;
  readonly organization: Organization;
  /** Every organization that can be shown. */
  readonly organizations: readonly Organization[];
  readonly environment: 'prod' | 'test';
  /** Whether conversations can be held: the operator has to be a member for that. */
  readonly isMember: boolean;
  readonly mayWrite: boolean;
  /** Whether the organization can be administered. */
  readonly mayAdminister: boolean;
  readonly isOperator: boolean;
  call<T>(method: string, path: string, options?: RequestOptions): Promise<T>;
  get<T>(path: string, query?: RequestOptions['query'], signal?: AbortSignal): Promise<T>;
  send(method: string, path: string, options?: RequestOptions): Promise<Response>;
  /** A member's token, for `@colloquy/client`. */
  memberToken(): Promise<string>;
  /** `admin('models')` is `/api/admin/organizations/<id>/models`. */
  admin(rest: string): string;
}

export interface ApiOptions {
  readonly session: Session;
  readonly organization: Organization;
  readonly organizations: readonly Organization[];
  readonly environment: 'prod' | 'test';
}

export function createApi(options: ApiOptions): Api {
  const { session, organization } = options;
  const { role } = organization;
  const member: TokenTarget = { org_id: organization.id };
  const administrator: TokenTarget = session.operator ? { operator: true } : member;
  const targetOf = (path: string): TokenTarget => (path.startsWith('/api/admin/') ? administrator : member);
  const send: Api['send'] = (method, path, request) => sendAs(targetOf(path), method, path, request);
  const call = async <T>(method: string, path: string, request?: RequestOptions): Promise<T> => {
    const text = await (await send(method, path, request)).text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  return {
    ...options,
    isMember: role !== null,
    mayWrite: role !== null && role !== 'guest',
    mayAdminister: session.operator || role === 'owner' || role === 'admin',
    isOperator: session.operator,
    call,
    get: (path, query, signal) => call('GET', path, { query, signal }),
    send,
    memberToken: () => tokenFor(member),
    admin: (rest) => `/api/admin/organizations/${organization.id}/${rest}`,
  };
}

export const ApiContext = createContext<Api | undefined>(undefined);

/** Inside the shell only. */
export function useApi(): Api {
  const api = useContext(ApiContext);
  if (api === undefined) throw new Error('there is no organization here');
  return api;
}
