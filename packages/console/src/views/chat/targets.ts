/** Who may answer: the organization's models, and the personas that one can talk to. */
import { useMemo } from 'preact/hooks';
import { useApi } from '../../api/api.ts';
import { useRead } from '../../api/queries.ts';
import { chatStrings } from './strings.ts';
import type { ListedModel, ListedPersona, ListedSession, ListedVersion, Target } from './types.ts';

/** Of answers: whether they can draw on the web, and whether they do so where a message does not say. */
export interface Web {
  readonly isPossible: boolean;
  readonly isDefault: boolean;
}

export interface OfferedTarget {
  /** `model:<id>` or `persona:<id>:<version>`. */
  readonly key: string;
  readonly label: string;
  readonly target: Target;
  readonly web: Web;
}

export interface Targets {
  readonly isLoaded: boolean;
  /** Why there is nothing to choose from; null: there is, or it is still read. */
  readonly error: Error | null;
  retry(): void;
  readonly models: readonly OfferedTarget[];
  readonly personas: readonly OfferedTarget[];
  /** What a new chat begins with. */
  readonly first: OfferedTarget | undefined;
  /** What a session runs on; one of a version that is neither in production nor a draft any more has no other fitting key. */
  keyOf(session: ListedSession): string;
  webOf(session: ListedSession): Web;
  find(key: string): OfferedTarget | undefined;
  personaName(id: number): string | undefined;
}

function keyOfTarget(target: Target): string {
  return target.kind === 'model' ? `model:${target.id}` : `persona:${target.id}:${target.version}`;
}

export function useTargets(): Targets {
  const strings = chatStrings();
  const api = useApi();
  const query = { org_id: api.organization.id };
  const listedModels = useRead<readonly ListedModel[]>('/api/llm/list', { query });
  const listedPersonas = useRead<readonly ListedPersona[]>('/api/persona/list', { query });
  return useMemo(() => {
    const sorted = [...(listedModels.data ?? [])].sort((a, b) => Number(b.is_default) - Number(a.is_default));
    const canUseWeb = (modelId: string) => sorted.some(({ id, internet }) => id === modelId && internet);
    const models = sorted.map(({ id, name, internet }) =>
      offer(name, { kind: 'model', id }, { isPossible: internet, isDefault: false }),
    );
    const known = listedPersonas.data ?? [];
    const webOfVersion = ({ model_id: modelId, internet }: ListedVersion): Web => {
      const isPossible = canUseWeb(modelId);
      return { isPossible, isDefault: isPossible && internet };
    };
    const personas = known.flatMap(({ id, name, active, next }) => [
      ...(active ? [offer(name, { kind: 'persona', id, version: 'active' }, webOfVersion(active))] : []),
      ...(next
        ? [offer(strings.personaNext(name), { kind: 'persona', id, version: 'next' }, webOfVersion(next))]
        : []),
    ]);
    const all = [...models, ...personas];
    const versionsOf = ({ persona }: ListedSession) => {
      const { active = null, next = null } = known.find(({ id }) => id === persona?.id) ?? {};
      return { active, next, isNext: next !== null && next.version === persona?.version };
    };
    return {
      isLoaded: listedModels.data !== undefined && listedPersonas.data !== undefined,
      error: all.length > 0 ? null : (listedModels.error ?? listedPersonas.error),
      retry() {
        void listedModels.refetch();
        void listedPersonas.refetch();
      },
      models,
      personas,
      first: all[0],
      keyOf(session) {
        const { persona, model_id: id } = session;
        if (persona === null) return keyOfTarget({ kind: 'model', id });
        const version = versionsOf(session).isNext ? 'next' : 'active';
        return keyOfTarget({ kind: 'persona', id: persona.id, version });
      },
      webOf(session) {
        const { active, next, isNext } = versionsOf(session);
        const isPossible = canUseWeb(session.model_id);
        const version = isNext ? next : active?.version === session.persona?.version ? active : null;
        return { isPossible, isDefault: isPossible && version?.internet === true };
      },
      find: (key) => all.find((one) => one.key === key),
      personaName: (id) => known.find((one) => one.id === id)?.name,
    };
  }, [strings, listedModels.data, listedPersonas.data, listedModels.error, listedPersonas.error]);
}

function offer(label: string, target: Target, web: Web): OfferedTarget {
  return { key: keyOfTarget(target), label, target, web };
}
