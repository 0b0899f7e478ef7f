/** What views read of the server, kept for a while and shared by all that read the same. */
import {
  QueryClient,
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/preact-query';
import { type Api, type Organization, useApi } from './api.ts';
import { ApiError, type Query } from './request.ts';
import { type Session, sendAs } from './session.ts';

/** Tries after a failure of the network or an overloaded server; what was refused is not asked again. */
const maxRetries = 2;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (count, error) => count < maxRetries && isPassing(error),
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false },
    },
  });
}

function isPassing(error: unknown): boolean {
  return (
    error instanceof ApiError && (error.status === undefined || error.status === 429 || error.status >= 502)
  );
}

export interface ReadOptions {
  readonly query?: Query;
  /** Milliseconds between two readings while the tab is shown. */
  readonly intervalMs?: number;
  /** False: nothing is read yet. */
  readonly isWanted?: boolean;
}

/** Reads a path of the server; another organization or environment is another reading. */
export function useRead<T>(path: string, options: ReadOptions = {}): UseQueryResult<T, Error> {
  const api = useApi();
  const { query, intervalMs, isWanted = true } = options;
  return useQuery<T, Error>({
    queryKey: keyOf(api, path, query),
    queryFn: ({ signal }) => api.get<T>(path, query, signal),
    enabled: isWanted,
    ...(intervalMs !== undefined && { refetchInterval: intervalMs }),
  });
}

function keyOf(api: Api, path: string, query: Query = {}): readonly unknown[] {
  return [api.organization.id, path, query];
}

/**
 * A change. `stale` are the paths that have to be read again when it is done; absent: all of this organization. Where
 * something is deleted, its own path is not among them: a page that still shows it would ask for what is gone.
 */
export function useChange<Args, Result = unknown>(
  change: (args: Args, api: Api) => Promise<Result>,
  stale?: (args: Args, api: Api) => readonly string[],
): UseMutationResult<Result, Error, Args> {
  const api = useApi();
  const client = useQueryClient();
  return useMutation<Result, Error, Args>({
    mutationFn: (args) => change(args, api),
    async onSuccess(_result, args) {
      const paths = stale?.(args, api);
      const isStale = ({ queryKey: [organization, path] }: { readonly queryKey: readonly unknown[] }) =>
        organization === api.organization.id && (paths === undefined || paths.includes(String(path)));
      // A list that one goes back to has no more what was just deleted.
      client.removeQueries({ type: 'inactive', predicate: isStale });
      await client.invalidateQueries({ predicate: isStale });
    },
  });
}

interface ListedOrganization {
  readonly id: string;
  readonly name: string;
}

/** The organizations that an account sees: its own; the operator's are all of the server. */
export function useOrganizations(session: Session): UseQueryResult<readonly Organization[], Error> {
  return useQuery<readonly Organization[], Error>({
    queryKey: ['organizations', session],
    staleTime: session.operator ? 30_000 : Number.POSITIVE_INFINITY,
    async queryFn({ signal }) {
      if (!session.operator) return session.organizations;
      const response = await sendAs({ operator: true }, 'GET', '/api/admin/organizations', { signal });
      const { data } = (await response.json()) as { readonly data: readonly ListedOrganization[] };
      const roles = new Map(session.organizations.map(({ id, role }) => [id, role]));
      return data.map(({ id, name }) => ({ id, name, role: roles.get(id) ?? null }));
    },
  });
}
